import { type PoolId, poolKey } from '../../domain/slot.ts';
import type { Millis } from '../../domain/units.ts';
import type { InstanceId } from '../../ports/runtime.ts';
import { processorTimeByGroup } from './group.ts';
import type { ProcessTools } from './tools.ts';
import { look } from './world.ts';

/** The processor time of each running instance of a pool, with what its children took. */
export async function processorTimes(
  tools: ProcessTools,
  pool: PoolId,
): Promise<ReadonlyMap<InstanceId, Millis>> {
  const running = (await look(tools, pool.target)).filter(
    ({ place, state }) => poolKey(place.pool) === poolKey(pool) && state.is === 'running',
  );
  const times = processorTimeByGroup();
  return new Map(
    running.flatMap(({ id, process }): [InstanceId, Millis][] => {
      const time = times.get(process.pid);
      return time === undefined ? [] : [[id, time]];
    }),
  );
}
