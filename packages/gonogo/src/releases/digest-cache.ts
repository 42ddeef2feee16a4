import type { BigIntStats } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What lstat(2) says of a file whose content has not been touched: size, mtime, ctime (both ns) and inode. */
type Seen = readonly [size: number, mtime: string, ctime: string, inode: string, hash: string];

export type DigestCache = {
  /** The hash that a file of this path had when it looked like this; undefined when nobody knows. */
  get(path: string, stats: BigIntStats): string | undefined;
  /** Remembers a hash; `readAt` is when its reading began, in ms since 1970. */
  set(path: string, stats: BigIntStats, found: { readonly hash: string; readonly readAt: number }): void;
  /** Writes what was used since it was opened, and forgets the rest. */
  save(): Promise<void>;
};

/**
 * A file changed again within the clock's tick would look the same as before, so what is younger than this when it is
 * read is not remembered (git calls such an entry racily clean).
 */
const tooFresh = 2_000;

/** Opens the hashes that were remembered in a file; one that cannot be read is as good as none. */
export async function openDigestCache(file: string): Promise<DigestCache> {
  const known = await read(file);
  const used: Record<string, Seen> = {};
  let learned = 0;
  return {
    get(path, stats) {
      const seen = Object.hasOwn(known, path) ? known[path] : undefined;
      if (!Array.isArray(seen) || !isSame(seen, stats)) return undefined;
      used[path] = seen;
      return seen[4];
    },
    set(path, stats, { hash, readAt }) {
      if (Number(stats.ctimeMs) > readAt - tooFresh || Number(stats.mtimeMs) > readAt - tooFresh) return;
      used[path] = [Number(stats.size), `${stats.mtimeNs}`, `${stats.ctimeNs}`, `${stats.ino}`, hash];
      learned += 1;
    },
    async save() {
      if (learned === 0 && Object.keys(used).length === Object.keys(known).length) return;
      const temporary = `${file}.${process.pid}.tmp`;
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      try {
        await writeFile(temporary, JSON.stringify({ v: 1, files: used }), { mode: 0o600 });
        await rename(temporary, file);
      } finally {
        await rm(temporary, { force: true });
      }
    },
  };
}

const isSame = ([size, mtime, ctime, inode]: Seen, stats: BigIntStats): boolean =>
  size === Number(stats.size) &&
  mtime === `${stats.mtimeNs}` &&
  ctime === `${stats.ctimeNs}` &&
  inode === `${stats.ino}`;

async function read(file: string): Promise<Record<string, Seen>> {
  try {
    const { v, files } = JSON.parse(await readFile(file, 'utf8')) as {
      v: number;
      files: Record<string, Seen>;
    };
    return v === 1 && typeof files === 'object' ? files : {};
  } catch {
    return {}; // None yet, or damaged: every file is read again.
  }
}
