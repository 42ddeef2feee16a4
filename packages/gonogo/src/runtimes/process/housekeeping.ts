import { type PoolId, poolKey } from '../../domain/slot.ts';
import { outputFile, poolFolder } from './folders.ts';
import type { ProcessOptions } from './options.ts';
import { removeUnfinished } from './records.ts';
import { rotate } from './rotate.ts';
import type { ProcessTools } from './tools.ts';
import { type Found, look } from './world.ts';

export type Housekeeping = {
  readonly options: ProcessOptions;
  /** An instance of this pool started or ended since the last look. */
  readonly changed: (pool: PoolId) => void;
  readonly failed: (error: unknown) => void;
  readonly signal: AbortSignal;
};

/** How often adopted instances are looked at: nobody tells us when a process ends that is not the keeper's child. */
const lookEvery = 1000;

/** Until the signal: clears up once, notices what no event told, and rotates output files. */
export async function keepHouse(tools: ProcessTools, house: Housekeeping): Promise<void> {
  await removeUnfinished(tools.folder).catch(house.failed);
  const { every } = house.options.logs;
  // Everything is new at first: whoever looked before us may have missed an end since.
  let known: ReadonlyMap<string, Found> = new Map();
  let rotateAt = tools.clock.mono() + every;
  while (!house.signal.aborted) {
    try {
      await tools.clock.sleep(Math.min(lookEvery, every), house.signal);
      const now = new Map((await look(tools)).map((found) => [found.id, found]));
      for (const pool of differences(known, now)) house.changed(pool);
      known = now;
      if (tools.clock.mono() < rotateAt) continue;
      rotateAt = tools.clock.mono() + every;
      await rotateAll(tools, house.options, [...now.values()]);
    } catch (error) {
      if (!house.signal.aborted) house.failed(error);
    }
  }
}

/** The pools in which an instance came, went or ended. */
function differences(before: ReadonlyMap<string, Found>, now: ReadonlyMap<string, Found>): PoolId[] {
  const ids = new Set([...before.keys(), ...now.keys()]);
  const pools = new Map<string, PoolId>();
  for (const id of ids) {
    const [old, fresh] = [before.get(id), now.get(id)];
    const pool = (fresh ?? old)?.place.pool;
    if (pool && old?.state.is !== fresh?.state.is) pools.set(poolKey(pool), pool);
  }
  return [...pools.values()];
}

async function rotateAll(
  tools: ProcessTools,
  options: ProcessOptions,
  instances: readonly Found[],
): Promise<void> {
  for (const { id, place } of instances)
    await rotate(outputFile(poolFolder(tools.folder, place.pool), id), options.logs);
}
