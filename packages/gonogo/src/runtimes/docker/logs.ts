import { Readable } from 'node:stream';
import { type PoolId, poolKey } from '../../domain/slot.ts';
import type { LogLine } from '../../ports/runtime.ts';
import { askedFor } from './engine.ts';
import { framesOf, linesOf } from './output.ts';
import type { DockerTools } from './tools.ts';
import { type Found, look } from './world.ts';

export type LogWish = { readonly lines: number; readonly follow: boolean; readonly signal: AbortSignal };

/** How often a follower looks for containers that came after it. */
const lookEvery = 500;

/** So many lines may wait for a follower that reads slowly. */
const mostWaiting = 1000;

/** The last lines of each container of a pool, oldest container first; with `follow` what they and later ones write. */
export async function* poolLogs(tools: DockerTools, pool: PoolId, wish: LogWish): AsyncGenerator<LogLine> {
  const first = await inPool(tools, pool);
  if (!wish.follow) {
    for (const found of first) yield* lastLines(tools, found, wish);
    return;
  }
  yield* followed(tools, { pool, first, wish });
}

const inPool = async (tools: DockerTools, pool: PoolId): Promise<Found[]> =>
  (await look(tools, pool.target)).filter((found) => poolKey(found.place.pool) === poolKey(pool));

async function* lastLines(tools: DockerTools, found: Found, wish: LogWish): AsyncGenerator<LogLine> {
  const { engine } = tools;
  const options = { stdout: true, stderr: true, tail: wish.lines } as const;
  const container = engine.calls.getContainer(found.container);
  const bytes = await askedFor(engine, 'read the output of a container', container.logs(options));
  if (!bytes) return;
  for await (const text of linesOf(framesOf(Readable.from([bytes])))) yield { instance: found.id, text };
}

type Following = { readonly pool: PoolId; readonly first: readonly Found[]; readonly wish: LogWish };

async function* followed(tools: DockerTools, { pool, first, wish }: Following): AsyncGenerator<LogLine> {
  const queue: LogLine[] = [];
  const seen = new Set<string>();
  let ring = (): void => undefined;
  let emptied = Promise.withResolvers<void>();
  const add = (line: LogLine): Promise<void> | undefined => {
    queue.push(line);
    ring();
    // The engine waits meanwhile: a reader who does not read fills nothing.
    return queue.length >= mostWaiting ? emptied.promise : undefined;
  };
  const begin = async (found: Found, lines: number): Promise<void> => {
    if (seen.has(found.container)) return;
    seen.add(found.container);
    await follow(tools, found, { ...wish, lines, add });
  };
  for (const found of first) await begin(found, wish.lines);
  // However much these have to say, those that come after them are heard as well.
  let pause = pauseOf(tools, wish);
  while (!wish.signal.aborted) {
    const rung = new Promise<void>((resolve) => {
      ring = resolve;
    });
    yield* queue.splice(0);
    emptied.resolve();
    emptied = Promise.withResolvers<void>();
    if (queue.length === 0) await Promise.race([rung, pause.over]);
    if (wish.signal.aborted || tools.clock.mono() < pause.until) continue;
    for (const found of await inPool(tools, pool)) await begin(found, Number.POSITIVE_INFINITY);
    pause = pauseOf(tools, wish);
  }
}

const pauseOf = ({ clock }: DockerTools, { signal }: LogWish) => ({
  until: clock.mono() + lookEvery,
  over: clock.sleep(lookEvery, signal).catch(() => undefined), // The follower left.
});

type Follower = LogWish & { readonly add: (line: LogLine) => Promise<void> | undefined };

/** From now on `add` gets the container's lines one after another, until it ends or the follower leaves. */
async function follow({ engine }: DockerTools, found: Found, wish: Follower): Promise<void> {
  const tail = Number.isFinite(wish.lines) ? { tail: wish.lines } : {};
  const options = { follow: true, stdout: true, stderr: true, ...tail } as const;
  const container = engine.streams.getContainer(found.container);
  const stream = await askedFor(engine, 'follow the output of a container', container.logs(options));
  if (!stream) return;
  const bytes = stream as Readable;
  wish.signal.addEventListener('abort', () => bytes.destroy(), { once: true });
  const pass = async (): Promise<void> => {
    for await (const text of linesOf(framesOf(bytes))) await wish.add({ instance: found.id, text });
  };
  // A stream that breaks off is a container, an engine or a follower that left; the next look tells which.
  pass().catch(() => undefined);
}
