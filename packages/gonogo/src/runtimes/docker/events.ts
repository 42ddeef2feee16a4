import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { PoolId } from '../../domain/slot.ts';
import type { Millis } from '../../domain/units.ts';
import { problem } from '../../errors.ts';
import type { InstanceId } from '../../ports/runtime.ts';
import { engineProblem } from './engine.ts';
import { containerPlace, ownedFilter } from './labels.ts';
import type { DockerTools } from './tools.ts';
import { look } from './world.ts';

export type Listening = {
  /** A container of this pool came, changed or went. */
  readonly changed: (pool: PoolId, ended?: InstanceId) => void;
  readonly failed: (error: unknown) => void;
  readonly signal: AbortSignal;
};

/** While the engine is away, it is tried again after this long, and then after twice as long, up to the longest. */
const [shortest, longest]: readonly [Millis, Millis] = [100, 2000];

type Told = {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: object };
};

/** Until the signal: hears the engine's events, and after every silence treats everything as changed. */
export async function listen(tools: DockerTools, listening: Listening): Promise<void> {
  const { signal, failed } = listening;
  let pause = shortest;
  let away = false;
  while (!signal.aborted) {
    try {
      await hear(tools, listening, () => {
        pause = shortest;
        away = false;
      });
    } catch (error) {
      // Said once for each time that the engine goes away.
      if (!signal.aborted && !away) failed(error);
      away = true;
    }
    tools.inspected.clear();
    await tools.clock.sleep(pause, signal).catch(() => undefined); // Closed: the loop ends.
    pause = Math.min(pause * 2, longest);
  }
}

/** One connection, from its first answer to its end. */
async function hear(tools: DockerTools, listening: Listening, connected: () => void): Promise<void> {
  const filters = { type: ['container'], label: ownedFilter(tools.owner) };
  const stream = await openEvents(tools, { filters });
  const leave = (): void => void stream.destroy();
  stream.on('error', () => undefined); // The end of the stream says the same.
  listening.signal.addEventListener('abort', leave, { once: true });
  try {
    connected();
    // What happened before this connection was not heard.
    tools.inspected.clear();
    for (const { place } of await look(tools)) listening.changed(place.pool);
    for await (const line of createInterface({ input: stream })) note(tools, listening, JSON.parse(line));
    const why = 'it stopped telling what changes';
    if (!listening.signal.aborted) throw problem('DOCKER_DOWN', { socket: tools.engine.socket, why });
  } finally {
    listening.signal.removeEventListener('abort', leave);
    leave();
  }
}

async function openEvents({ engine }: DockerTools, options: object): Promise<Readable> {
  try {
    return (await engine.streams.getEvents(options)) as Readable;
  } catch (error) {
    throw engineProblem(engine, 'tell what changes', error);
  }
}

/** What changes an instance; a command that is run in a container, or its resources, change none. */
const changes = new Set(['create', 'start', 'die', 'oom', 'destroy', 'pause', 'unpause']);

function note(tools: DockerTools, { changed }: Listening, event: Told): void {
  const { ID: id, Attributes: labels } = event.Actor ?? {};
  if (!id || !event.Action || !changes.has(event.Action)) return;
  tools.inspected.delete(id);
  if (event.Action === 'oom') tools.outOfMemory.add(id);
  if (event.Action === 'destroy') tools.outOfMemory.delete(id);
  const { name, ...told } = (labels ?? {}) as Readonly<Record<string, string | undefined>>;
  const place = containerPlace(told as Record<string, string>, tools.owner);
  if (!place || event.Action === 'create') return;
  if (event.Action === 'die' && name !== undefined) changed(place.pool, name);
  else changed(place.pool);
}
