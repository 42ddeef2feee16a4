import type { Step, Work } from '../domain/plan.ts';
import { minute, poolOf, readyWork, type Sized, scale, step, type Worker, type World } from './world.ts';

/**
 * Hands the work that takes no traffic over to the new revision, once that is proven ready and users are with it: a
 * role that may not overlap is stopped in the old slot first, any other only when the new one is up. Undone, the old
 * ones run again.
 */
export function handOver(world: World): Step[] {
  const before = world.live?.roles ?? [];
  const after = world.next.roles ?? [];
  const alone = after.filter(({ overlap }) => !overlap).map(({ role }) => role);
  const [stopFirst, stopLater] = partition(before, ({ role, overlap }) => !overlap || alone.includes(role));
  return [
    ...stopFirst.map((worker) => stopWorker(world, worker)),
    ...after.flatMap((worker) => startWorker(world, worker)),
    ...stopLater.map((worker) => stopWorker(world, worker)),
  ];
}

const startWorker = (world: World, { role, replicas }: Worker): Step[] => [
  step(`start-${role}`, scaleRole(world, world.next, { role, count: replicas }), {
    undo: [scaleRole(world, world.next, { role, count: 0 })],
  }),
  step(`ready-${role}`, readyWork(world, world.next, role), { within: 5 * minute }),
];

function stopWorker(world: World, { role, replicas }: Worker): Step {
  const live = world.live ?? world.next;
  return step(`stop-${role}`, scaleRole(world, live, { role, count: 0 }), {
    undo: [scaleRole(world, live, { role, count: replicas })],
  });
}

/** Stops everything of what serves now, and starts it again if the rollout goes back. */
export const stopLive = (world: World, live: Sized): Step[] => [
  ...(live.roles ?? []).map((worker) => stopWorker(world, worker)),
  step('stop', scale(world, live, 0), {
    undo: [scale(world, live, live.replicas), readyWork(world, live)],
    within: 10 * minute + live.startWithin,
  }),
];

const scaleRole = (world: World, placed: Sized, { role, count }: { role: string; count: number }): Work => ({
  do: 'scale',
  pool: poolOf(world, placed.slot, role),
  revision: placed.revision,
  count,
});

function partition<T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((one) => !test(one))];
}
