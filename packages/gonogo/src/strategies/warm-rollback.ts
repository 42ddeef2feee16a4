import type { Plan, Step } from '../domain/plan.ts';
import { all } from '../domain/split.ts';
import { flip } from './traffic.ts';
import { handOver } from './workers.ts';
import type { World } from './world.ts';

/** Back to a proven revision that is still up, even if not all of it is: one flip, which asks its readiness again first. */
export const warmRollback = (world: World): Plan => ({
  seq: [
    flip(world, 'flip', { from: world.split, to: all(world.next.slot), urgent: true }),
    ...(world.live ? handOver(world) : handOver(world).map(kept)),
  ],
});

/** Back to what was live all the time, after a rollout that got stuck: its workers may run already, and then they stay. */
const kept = (step: Step): Step => ({ ...step, undo: [] });
