import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { problem } from '../errors.ts';

/** The largest JSON input, in bytes; an artifact is streamed and has no limit. */
const jsonLimit = 16 * 1024 * 1024;

/** The largest index of a bundle, in bytes. */
export const indexLimit = 64 * 1024 * 1024;

/** The whole body as text; fails with API_TOO_LARGE as soon as it is more than `limit` bytes, by default 16 MB. */
export async function readText(incoming: IncomingMessage, limit = jsonLimit): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of bytesOf(incoming)) {
    size += part.length;
    if (size > limit) throw problem('API_TOO_LARGE', { limit: `${limit / 1024 / 1024} MB` });
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The body as it comes. It is not destroyed by a reader that stops early, who still wants to answer why. */
export const bytesOf = (incoming: IncomingMessage): AsyncIterable<Buffer> => ({
  [Symbol.asyncIterator]: () => incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>,
});

/** Reads what is left of a body, for nobody: a caller who is still sending would meet a closed connection, not the answer. */
export async function readRest(incoming: IncomingMessage): Promise<void> {
  incoming.resume();
  await finished(incoming, { writable: false }).catch(() => undefined); // The caller went: nobody waits for an answer.
}
