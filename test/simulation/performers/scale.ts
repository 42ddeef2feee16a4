import type { Outcome, WorkOf } from '../../../packages/gonogo/src/domain/plan.ts';
import { isUp, type Pool, poolName } from '../world/runtime.ts';
import {
  type Call,
  fenceOff,
  leaseLost,
  ok,
  type Pause,
  type Scene,
  type SimulatedPerformer,
} from './call.ts';

type Scale = WorkOf<'scale'>;

/**
 * Makes a pool so many instances strong, one instance at a time. To nothing: out of routing; its output kept; told to
 * end; gone.
 */
export const scalePerformer: SimulatedPerformer<'scale'> = {
  perform: (scene, work, call) => (work.count === 0 ? empty(scene, work, call) : fill(scene, work, call)),
  look: ({ world }, { pool, revision, count }) => {
    const observed = world.runtime.pool(pool);
    if (!observed || count === 0) return !observed && count === 0 ? ok() : 'not-begun';
    const isSo = observed.revision === revision && observed.instances.filter(isUp).length === count;
    return isSo ? ok() : 'not-begun';
  },
};

function* fill(scene: Scene, work: Scale, call: Call): Generator<Pause, Outcome> {
  const { world, invariants } = scene;
  if (!fenceOff(world, call)) return leaseLost;
  yield* stopOthers(scene, work, call);
  for (;;) {
    if (!fenceOff(world, call)) return leaseLost;
    const pool = world.runtime.pool(work.pool);
    if (pool && countUp(pool) >= work.count) return ok();
    const ended = pool?.instances.findIndex((instance) => !isUp(instance)) ?? -1;
    if (ended >= 0) pool?.instances.splice(ended, 1);
    invariants.touched({ what: 'start', ...placeOf(work.pool), limit: work.count, call });
    const { startsIn = 0, errs = false } = world.releases.get(work.revision) ?? {};
    world.runtime.start(work.pool, { revision: work.revision, readyAt: world.clock.mono + startsIn, errs });
    yield 0;
  }
}

const placeOf = ({ slot, role }: Scale['pool']): Pick<Scale['pool'], 'slot' | 'role'> => ({ slot, role });

const countUp = ({ instances }: Pool): number => {
  let up = 0;
  for (const instance of instances) if (isUp(instance)) up++;
  return up;
};

/** What runs another revision, or is too much, is stopped first; what is too much is out of routing before that. */
function* stopOthers({ world, invariants }: Scene, work: Scale, call: Call): Generator<Pause, void> {
  const { runtime, router } = world;
  const { slot, role } = work.pool;
  const pool = runtime.pool(work.pool);
  if (!pool) return;
  const isOther = pool.revision !== work.revision;
  const leaving = isOther ? pool.instances : pool.instances.slice(work.count);
  if (leaving.length === 0) return;
  if (role === 'web' && !isOther) {
    const staying = router.members[slot].filter((one) => !leaving.includes(one));
    invariants.touched({ what: 'members', slot, role, left: staying.length, call });
    router.members[slot] = staying;
    yield 0;
    if (!fenceOff(world, call)) return;
  }
  invariants.touched({ what: 'stop', slot, role, instances: leaving, call });
  if (isOther) runtime.pools.delete(poolName(work.pool));
  else pool.instances.splice(work.count);
  yield 0;
}

function* empty({ world, invariants }: Scene, { pool: id }: Scale, call: Call): Generator<Pause, Outcome> {
  const { runtime, router, evidence } = world;
  if (!fenceOff(world, call)) return leaseLost;
  const pool = runtime.pool(id);
  if (!pool) return ok();
  if (id.role === 'web') {
    invariants.touched({ what: 'members', ...placeOf(id), left: 0, call });
    router.members[id.slot] = [];
    yield 0;
  }
  const log = evidence.put();
  pool.outputUnsaved = false;
  if (!fenceOff(world, call)) return leaseLost;
  invariants.touched({ what: 'stop', ...placeOf(id), instances: pool.instances, call });
  for (const instance of pool.instances) instance.removing = true;
  yield 0;
  if (!fenceOff(world, call)) return leaseLost;
  invariants.touched({ what: 'gone', ...placeOf(id), pool, call });
  runtime.pools.delete(poolName(id));
  return ok([log]);
}
