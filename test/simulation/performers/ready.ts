import { complaint } from '../world/evidence.ts';
import { failed, fenceOff, givenUp, leaseLost, ok, type SimulatedPerformer } from './call.ts';

/** How often an instance is asked before it counts as one that does not become ready. */
const attempts = 4;

/** Waits until every instance of a pool is ready, and asks twice. */
export const readyPerformer: SimulatedPerformer<'ready'> = {
  *perform({ world }, work, call) {
    if (!fenceOff(world, call)) return leaseLost;
    for (let asked = 0; asked < attempts; asked++) {
      const pool = world.runtime.pool(work.pool);
      if (!pool || pool.instances.length === 0) return failed('0 of 0 is not ready');
      if (pool.instances.some(({ health }) => health === 'ended'))
        return failed(world.evidence.clean(complaint(world.step)), [world.evidence.put()]);
      const isWell = work.pool.role !== 'web' || world.ready(pool).length === pool.instances.length;
      if (isWell && asked > 0) return ok();
      if (call.cancelled) return givenUp;
      yield isWell ? 25 : 1_000;
    }
    return failed('it did not become ready', [world.evidence.put()]);
  },
  look: () => 'not-begun',
};
