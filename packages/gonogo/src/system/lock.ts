import { open } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { diskProblem } from './disk.ts';
import { isErrno } from './files.ts';

export type Lock = { release(): void };

/** Held databases: one that was collected as garbage would be closed, and its lock silently lost. */
const held = new Set<DatabaseSync>();

/**
 * Takes the kernel lock that makes this process the only one on a state folder; undefined when another holds it.
 * The kernel releases it when the process ends, also by SIGKILL. It is SQLite's lock on a file of its own (fcntl(2)):
 * never open that file by other means, because closing any descriptor of it would drop the lock.
 */
export async function takeLock(path: string): Promise<Lock | undefined> {
  try {
    await createPrivate(path);
    return lockFile(path);
  } catch (error) {
    throw diskProblem(error, path);
  }
}

/** Creates the file with mode 0600 unless it is there; an existing file is not opened, as that could drop a lock. */
async function createPrivate(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close();
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

function lockFile(path: string): Lock | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  held.add(database);
  return {
    release: () => {
      if (held.delete(database)) database.close();
    },
  };
}

/** SQLITE_BUSY, whatever its extension: the low byte is the primary code. */
const isBusy = (error: unknown): boolean => ((error as { errcode?: number }).errcode ?? 0) % 256 === 5;
