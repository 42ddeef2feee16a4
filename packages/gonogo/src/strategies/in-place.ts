import type { Plan, Step } from '../domain/plan.ts';
import { all } from '../domain/split.ts';
import { clearTheWay, provision, reach, ready, verify } from './aside.ts';
import { migrate } from './migrate.ts';
import { approve, close, flip, watch } from './traffic.ts';
import { handOver, stopLive } from './workers.ts';
import { check, type World } from './world.ts';

/** What is started again on a database that was migrated in between has to prove that it works there. */
function provenAgain(world: World, one: Step): Step {
  const { live, next } = world;
  if (!live || next.migrate?.when !== 'after-ready' || one.id !== 'stop') return one;
  return { ...one, undo: [...one.undo, check(world, 'still-works', live)] };
}

/** The old revision stops, the new one starts, and users wait in between; what fails is put back by itself. */
export function inPlace(world: World): Plan {
  const { live, ...rest } = world;
  return {
    seq: [
      ...clearTheWay(world),
      ...approve(world),
      ...(live ? [close(world), ...stopLive(world, live).map((one) => provenAgain(world, one))] : []),
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
