import { type PoolId, poolKey } from '../../domain/slot.ts';
import type { Millis } from '../../domain/units.ts';
import type { InstanceId, PoolSpec, Succession } from '../../ports/runtime.ts';
import { vacancyAfter } from '../vacancy.ts';
import { start } from './start.ts';
import { end, stop } from './stop.ts';
import type { DockerTools } from './tools.ts';
import { type Found, look } from './world.ts';

type Ending = { readonly instance: InstanceId; readonly signal: AbortSignal };

/** The containers of one pool, those that ended or were never started included. */
const inPool = async (tools: DockerTools, pool: PoolId): Promise<Found[]> =>
  (await look(tools, pool.target)).filter((found) => poolKey(found.place.pool) === poolKey(pool));

const isRunning = ({ state }: Found): boolean => state.is === 'running';

/**
 * Makes a pool so. What runs another revision or image is stopped first, because two revisions in one slot may not share
 * what is exclusive to it; of too many, those in the highest places go; then every empty place is filled, the places of
 * containers that ended by themselves included unless these keep them.
 */
export async function makeSo(tools: DockerTools, spec: PoolSpec, signal: AbortSignal): Promise<void> {
  const present = await inPool(tools, spec.pool);
  const fits = ({ place, unborn }: Found): boolean =>
    place.revision === spec.revision && place.index < spec.count && !unborn;
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
  await start(
    tools,
    spec,
    empty.map((index) => vacancyAfter(ended, index)),
  );
  await Promise.all(ended.map((found) => stop(tools, found, { grace: 0 })));
}

/** Stops one instance if it still runs and starts another in its place; undefined when it is not there any more. */
export async function replace(
  tools: DockerTools,
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
  if (isRunning(found)) await stop(tools, found, { grace, signal });
  const [id] = await start(tools, spec, [{ index, restarts: restarts + 1, inARow }]);
  if (!isRunning(found)) await stop(tools, found, { grace: 0 });
  return id;
}

/** Stops one container of a pool, which keeps its place. */
export async function endOne(tools: DockerTools, pool: PoolId, one: Ending): Promise<void> {
  const found = (await inPool(tools, pool)).find(({ id }) => id === one.instance);
  if (found) await end(tools, found, { grace: found.place.grace, signal: one.signal });
}

/** Stops and removes every container of a pool, whatever revision it is of. */
export async function removePool(tools: DockerTools, pool: PoolId, grace: Millis): Promise<void> {
  await Promise.all((await inPool(tools, pool)).map((found) => stop(tools, found, { grace })));
}
