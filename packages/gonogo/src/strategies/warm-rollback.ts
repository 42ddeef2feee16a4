import type { Plan } from '../domain/plan.ts';
import { all } from '../domain/split.ts';
import { flip } from './traffic.ts';
import { handOver } from './workers.ts';
import type { World } from './world.ts';

/** Back to a proven revision that is still up: one flip, which asks its readiness again first. */
export const warmRollback = (world: World): Plan => ({
  seq: [flip(world, 'flip', { from: world.split, to: all(world.next.slot) }), ...handOver(world)],
});
