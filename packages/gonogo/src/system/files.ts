import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Replaces a file so that a reader, or a crash at any instant, sees the old content or the new, never a part:
 * temporary name, fsync, rename, fsync of the folder (rename(2), fsync(2)).
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  await (await stageFile(path, data, mode)).commit();
}

/** A new content of a file that is on the disk already, under another name. One of the two is called, once. */
export type StagedFile = { commit(): Promise<void>; discard(): Promise<void> };

/** The first half of `writeFileAtomic`, with all that takes long or needs room; the second one is `commit`. */
export async function stageFile(path: string, data: string | Uint8Array, mode = 0o600): Promise<StagedFile> {
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`);
  const folder = await open(dirname(path), 'r'); // Here, since nobody waits for it yet.
  const discard = async (): Promise<void> => {
    await folder.close();
    await rm(temporary, { force: true });
  };
  const orDiscard = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      await discard();
      throw error;
    }
  };
  await orDiscard(writeSynced(temporary, data, mode));
  const commit = async (): Promise<void> => {
    await orDiscard(rename(temporary, path));
    try {
      await folder.sync();
    } finally {
      folder.close().catch(() => undefined); // Nothing was written to it, so nobody need wait for what it says.
    }
  };
  return { commit, discard };
}

/** Whether this is the name of a file that `writeFileAtomic` had not finished. */
export const isTemporary = (name: string): boolean => /^\.[0-9a-f]{12}\.tmp$/.test(name);

/** Whoever writes such a file has given it its name, or dropped it, long before; milliseconds. */
const unfinishedFor = 3_600_000;

/** Removes what a process was killed while writing. */
export async function removeUnfinishedIn(folder: string, now: number): Promise<void> {
  for (const name of (await readdir(folder)).filter(isTemporary)) {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => undefined); // It has its name by now.
    if (stats && stats.mtimeMs < now - unfinishedFor) await rm(path, { force: true });
  }
}

/** Creates a folder and its parents for this user only. */
export const makePrivateFolder = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o700 });
};

/** The content of a file, or undefined if there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

export const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === code;

async function writeSynced(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}
