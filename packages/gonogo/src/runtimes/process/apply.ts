import { rm } from 'node:fs/promises';
import { type PoolId, poolKey } from '../../domain/slot.ts';
import type { Millis } from '../../domain/units.ts';
import type { InstanceId, PoolSpec, Succession } from '../../ports/runtime.ts';
import { vacancyAfter } from '../vacancy.ts';
import { outputFile, poolFolder } from './folders.ts';
import { removeViews } from './ground.ts';
import { outputFiles, rotatedCopies } from './output.ts';
import { start } from './start.ts';
import { end, stop } from './stop.ts';
import type { ProcessTools } from './tools.ts';
import { type Found, look } from './world.ts';

type Ending = { readonly instance: InstanceId; readonly signal: AbortSignal };

/** The instances of one pool, those that ended included. */
const inPool = async (tools: ProcessTools, pool: PoolId): Promise<Found[]> =>
  (await look(tools, pool.target)).filter((found) => poolKey(found.place.pool) === poolKey(pool));

const isRunning = ({ state }: Found): boolean => state.is === 'running';

/**
 * Makes a pool so. What runs another revision is stopped first, because two revisions in one slot may not share what is
 * exclusive to it; of too many, those in the highest places go; then every empty place is filled, the places of
 * instances that ended by themselves included unless these keep them.
 */
export async function makeSo(tools: ProcessTools, spec: PoolSpec, signal: AbortSignal): Promise<void> {
  const present = await inPool(tools, spec.pool);
  const fits = (found: Found): boolean =>
    found.place.revision === spec.revision && found.place.index < spec.count;
  await Promise.all(
    present
      .filter((found) => !fits(found))
      .map((found) => stop(tools, found, { grace: found.place.grace, signal })),
  );
  const ours = present.filter(fits);
  const taken = new Set(
    ours.filter((found) => isRunning(found) || spec.keepsEnded).map(({ place }) => place.index),
  );
  const ended = ours.filter((found) => !isRunning(found) && !spec.keepsEnded);
  const empty = Array.from({ length: spec.count }, (_, index) => index).filter((index) => !taken.has(index));
  signal.throwIfAborted();
  // Another revision begins: what earlier ones printed would be taken for its own words.
  if (ours.length === 0) await dropOutput(tools, spec.pool, 0);
  await start(
    tools,
    spec,
    empty.map((index) => vacancyAfter(ended, index)),
  );
  await Promise.all(ended.map((found) => stop(tools, found, { grace: 0 })));
  await dropOutput(tools, spec.pool, keptOutputs);
}

/** Stops one instance if it still runs and starts another in its place; undefined when it is not there any more. */
export async function replace(
  tools: ProcessTools,
  spec: PoolSpec,
  { of, inARow, signal }: Succession & { readonly signal: AbortSignal },
): Promise<InstanceId | undefined> {
  const present = await inPool(tools, spec.pool);
  const found = present.find((candidate) => candidate.id === of);
  if (!found) return undefined;
  const { index, grace, restarts } = found.place;
  // An agent was killed after it had started the next one, and before it cleared this one away.
  if (!isRunning(found) && present.some((other) => isRunning(other) && other.place.index === index))
    return void (await stop(tools, found, { grace: 0 }));
  // Ended already: its group is cleared at once. Its place is only given away when the next one was started.
  if (found.state.is === 'running') await stop(tools, found, { grace, signal });
  const [id] = await start(tools, spec, [{ index, restarts: restarts + 1, inARow }]);
  if (found.state.is === 'ended') await stop(tools, found, { grace: 0 });
  await dropOutput(tools, spec.pool, keptOutputs);
  return id;
}

/** Stops one instance of a pool, which keeps its place. */
export async function endOne(tools: ProcessTools, pool: PoolId, one: Ending): Promise<void> {
  const found = (await inPool(tools, pool)).find(({ id }) => id === one.instance);
  if (found && isRunning(found)) await end(tools, found, { grace: found.place.grace, signal: one.signal });
}

/** Stops all of a pool, whatever revision it is of, and removes what only it needed. Its last output stays. */
export async function removePool(tools: ProcessTools, pool: PoolId, grace: Millis): Promise<void> {
  await Promise.all((await inPool(tools, pool)).map((found) => stop(tools, found, { grace })));
  await removeViews(tools, pool);
}

/** How many outputs of instances that are gone are kept in a pool, so that a crash can still be read about. */
const keptOutputs = 5;

async function dropOutput(tools: ProcessTools, pool: PoolId, keep: number): Promise<void> {
  const present = await inPool(tools, pool);
  const folder = poolFolder(tools.folder, pool);
  const used = new Set(present.map((found) => outputFile(folder, found.id)));
  const old = (await outputFiles(folder)).filter((path) => !used.has(path));
  for (const path of old.slice(0, Math.max(0, old.length - keep))) {
    for (const copy of await rotatedCopies(path)) await rm(copy, { force: true });
    await rm(path, { force: true }); // Last, since it is what the copies are found by.
  }
}
