import type { Step } from '../domain/plan.ts';
import { migrate } from './migrate.ts';
import { putBack } from './traffic.ts';
import { check, minute, poolOf, readyWork, scale, step, type World } from './world.ts';

/** Asks what can be known before anything is touched. */
const preflight = (world: World): Step => step('preflight', check(world, 'preflight'), { within: minute });

/** Clears the slot of what was kept warm in it; an instant rollback to that is given up. */
const makeRoom = (world: World): Step[] =>
  (world.occupied ?? []).map(({ role, revision }) =>
    step(role === 'web' ? 'make-room' : `make-room-${role}`, {
      do: 'scale',
      pool: poolOf(world, world.next.slot, role),
      revision,
      count: 0,
    }),
  );

/** Starts the new revision aside. */
export const provision = (world: World): Step =>
  step('provision', scale(world, world.next, world.next.replicas), { undo: [scale(world, world.next, 0)] });

/**
 * Proves from inside the new slot that everything the contract names can be reached. Comes before readiness, because a
 * service that misses its database often ends before it can be ready, and the reason is worth more than the exit code.
 */
export const reach = (world: World): Step => step('reach', check(world, 'reach'), { within: 2 * minute });

/** Waits until every instance has answered its probes several times in a row. */
export const ready = (world: World): Step =>
  step('ready', readyWork(world, world.next), { within: world.next.startWithin });

/** The smoke test, through the new slot's private address. */
export const verify = (world: World): Step => step('verify', check(world, 'smoke'), { within: 30 * minute });

/** Everything before the first new instance starts. */
export const clearTheWay = (world: World): Step[] => [
  preflight(world),
  ...putBack(world),
  ...migrate(world, 'before-start'),
  ...makeRoom(world),
];

/** Brings the new revision up beside what serves, and asks it everything that can be asked without users. */
export const proveAside = (world: World): Step[] => [
  ...clearTheWay(world),
  provision(world),
  reach(world),
  ready(world),
  ...migrate(world, 'after-ready'),
  verify(world),
];
