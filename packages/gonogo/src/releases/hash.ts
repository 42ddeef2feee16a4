import { createHash } from 'node:crypto';
import { type BigIntStats, closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Read at a time; larger files keep the thread no longer than this takes. */
const chunk = Buffer.allocUnsafe(1 << 20);

/** The SHA-256 of a file in 64 hex digits, and what fstat(2) said before it was read. Synchronous: it is for many small files. */
export function hashFile(path: string): { readonly hash: string; readonly stats: BigIntStats } {
  const file = openSync(path, 'r');
  try {
    const stats = fstatSync(file, { bigint: true });
    const hash = createHash('sha256');
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      hash.update(chunk.subarray(0, read));
    }
    return { hash: hash.digest('hex'), stats };
  } finally {
    closeSync(file);
  }
}
