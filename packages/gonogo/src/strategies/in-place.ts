import type { Plan } from '../domain/plan.ts';
import { all } from '../domain/split.ts';
import { clearTheWay, provision, reach, ready, verify } from './aside.ts';
import { migrate } from './migrate.ts';
import { approve, close, flip, watch } from './traffic.ts';
import { handOver, stopLive } from './workers.ts';
import type { World } from './world.ts';

/** The old revision stops, the new one starts: the front answers 503 in between, and goes back by itself. */
export function inPlace(world: World): Plan {
  const { live, ...rest } = world;
  return {
    seq: [
      ...clearTheWay(world),
      ...approve(world),
      ...(live ? [close(world), ...stopLive(world, live)] : []),
      provision(world),
      reach(world),
      ready(world),
      ...migrate(rest, 'after-ready'),
      verify(world),
      flip(world, 'flip', { from: 'nobody', to: all(world.next.slot) }),
      ...handOver(rest),
      ...watch(world),
    ],
  };
}
