import { type PoolId, poolKey } from '../../domain/slot.ts';
import type { InstanceId } from '../../ports/runtime.ts';
import { isAlive } from '../../system/process.ts';
import { outputFile, poolFolder } from './folders.ts';
import type { ProcessOptions } from './options.ts';
import { removeUnfinished } from './records.ts';
import { rotate } from './rotate.ts';
import type { ProcessTools } from './tools.ts';
import { type Found, look } from './world.ts';

export type Housekeeping = {
  readonly options: ProcessOptions;
  /** An instance of this pool started or ended since the last look. */
  readonly changed: (pool: PoolId, ended?: InstanceId) => void;
  readonly failed: (error: unknown) => void;
  readonly signal: AbortSignal;
};

/** How often everything is looked at: what no event told. */
const lookEvery = 2000;

/** How often adopted instances are looked at: nobody tells us when a process ends that is not the keeper's child. */
const watchEvery = 100;

type Known = ReadonlyMap<InstanceId, Found>;

/** Until the signal: clears up once, notices what no event told, and rotates output files. */
export async function keepHouse(tools: ProcessTools, house: Housekeeping): Promise<void> {
  await removeUnfinished(tools.folder).catch(house.failed);
  const { every } = house.options.logs;
  // Everything is new at first: whoever looked before us may have missed an end since.
  let known: Known = new Map();
  let rotateAt = tools.clock.mono() + every;
  while (!house.signal.aborted) {
    try {
      await untilNextLook(tools, known, house);
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

/** Sleeps until the next look, which is at once when an adopted instance is seen to have ended. */
async function untilNextLook(tools: ProcessTools, known: Known, house: Housekeeping): Promise<void> {
  const until = tools.clock.mono() + Math.min(lookEvery, house.options.logs.every);
  const adopted = [...known.values()].filter(({ kept, state }) => !kept && state.is === 'running');
  const pause = adopted.length > 0 ? watchEvery : lookEvery;
  for (let left = until - tools.clock.mono(); left > 0; left = until - tools.clock.mono()) {
    await tools.clock.sleep(Math.min(pause, left), house.signal);
    const ended = adopted.filter((found) => !isAlive(found.process));
    for (const { id, place } of ended) house.changed(place.pool, id);
    if (ended.length > 0) return;
  }
}

/** The pools in which an instance came, went or ended. */
function differences(before: Known, now: Known): PoolId[] {
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
