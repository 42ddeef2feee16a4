import { chmod, lstat, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '../system/exec.ts';
import { isErrno } from '../system/files.ts';
import type { BundleEntry } from './entry.ts';

/** Makes an unpacked tree read-only and durable: its folders 0555, everything written through to the disk. */
export async function settleTree(folder: string, entries: readonly BundleEntry[]): Promise<void> {
  const folders = entries.filter((entry) => entry.is === 'folder').map((entry) => join(folder, entry.path));
  for (const path of folders.reverse()) await chmod(path, 0o555);
  if (!(await syncFileSystem(folder))) {
    const files = entries.filter((entry) => entry.is === 'file').map((entry) => join(folder, entry.path));
    for (const path of [...files, ...folders, folder]) await syncPath(path);
  }
  await chmod(folder, 0o555);
}

/** One syncfs(2) instead of thousands of fsync(2); false where sync(1) does not know `-f`. */
async function syncFileSystem(folder: string): Promise<boolean> {
  try {
    const env = { PATH: process.env.PATH ?? '/usr/bin:/bin' };
    return (await exec(['sync', '-f', '--', folder], { cwd: '/', env })).code === 0;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false; // There is no sync(1) here.
    throw error;
  }
}

export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes a tree whose folders are read-only; one that is not there is removed already. */
export async function removeTree(path: string): Promise<void> {
  await makeWritable(path);
  await rm(path, { recursive: true, force: true });
}

async function makeWritable(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined); // Gone: then there is nothing to make writable.
  if (!stats?.isDirectory()) return;
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(path, entry.name));
  }
}
