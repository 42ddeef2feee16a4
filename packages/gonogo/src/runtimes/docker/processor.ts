import { type PoolId, poolKey } from '../../domain/slot.ts';
import type { Millis } from '../../domain/units.ts';
import type { InstanceId } from '../../ports/runtime.ts';
import { askedFor } from './engine.ts';
import type { DockerTools } from './tools.ts';
import { look } from './world.ts';

/** The processor time of each running container of a pool, as the engine reads it from its control group. */
export async function processorTimes(
  tools: DockerTools,
  pool: PoolId,
): Promise<ReadonlyMap<InstanceId, Millis>> {
  const running = (await look(tools, pool.target)).filter(
    ({ place, state }) => poolKey(place.pool) === poolKey(pool) && state.is === 'running',
  );
  const times = await Promise.all(
    running.map(async ({ id, container }): Promise<[InstanceId, Millis][]> => {
      const time = await timeOf(tools, container);
      return time === undefined ? [] : [[id, time]];
    }),
  );
  return new Map(times.flat());
}

const nanosPerMilli = 1_000_000;

/** `one-shot` answers at once; otherwise the engine waits a second to compare. Nothing read is nothing known. */
async function timeOf({ engine }: DockerTools, container: string): Promise<Millis | undefined> {
  const question = engine.calls.getContainer(container).stats({ stream: false, 'one-shot': true });
  const stats = await askedFor(engine, 'read how busy a container is', question);
  const nanos = stats?.cpu_stats?.cpu_usage?.total_usage;
  return nanos ? nanos / nanosPerMilli : undefined;
}
