import {
  chmod,
  chown,
  copyFile,
  link,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isErrno } from '../../system/files.ts';
import type { Account } from './users.ts';

/**
 * A release as its instances see it when it has shared folders, or runs as another user. Its files are hard links, so
 * that the real path of a program is in the view and `uploads` beside it is the shared folder, by working folder and by
 * the program's own path alike. Across file systems, and for another user, files are copied instead.
 */
export type ViewSpec = {
  readonly artifact: string;
  readonly at: string;
  /** Path in the release → the folder that outlives releases. What the artifact has there is not seen. */
  readonly shared: ReadonlyMap<string, string>;
  /** Whose group may read it; the files stay the agent's, so that an instance cannot change its own program. */
  readonly account?: Account;
};

/** Makes a view unless it is there; it appears whole or not at all. */
export async function makeView(spec: ViewSpec): Promise<void> {
  if (await exists(spec.at)) return;
  const temporary = `${spec.at}.tmp`;
  await removeTree(temporary);
  await mkdir(dirname(spec.at), { recursive: true, mode: 0o700 });
  await mkdir(temporary, { mode: 0o700 });
  await copyTree(spec, spec.artifact, temporary);
  for (const [path, folder] of spec.shared) await linkShared(temporary, path, folder);
  await lockFolders(spec, temporary);
  await rename(temporary, spec.at);
}

async function copyTree(spec: ViewSpec, from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      const [source, copy] = [join(from, entry.name), join(to, entry.name)];
      if (spec.shared.has(relative(spec.artifact, source))) return;
      if (entry.isSymbolicLink()) await symlink(await readlink(source), copy);
      else if (!entry.isDirectory()) await placeFile(spec, source, copy);
      else {
        await mkdir(copy, { mode: 0o700 });
        await copyTree(spec, source, copy);
      }
    }),
  );
}

async function placeFile(spec: ViewSpec, source: string, copy: string): Promise<void> {
  if (!spec.account) {
    try {
      return await link(source, copy);
    } catch (error) {
      // Another file system, one without hard links, or the most links a file may have.
      if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].some((code) => isErrno(error, code))) throw error;
    }
  }
  await copyFile(source, copy);
  const executable = ((await stat(source)).mode & 0o100) !== 0;
  if (spec.account) await chown(copy, -1, spec.account.gid);
  await chmod(copy, executable ? 0o550 : 0o440);
}

async function linkShared(view: string, path: string, folder: string): Promise<void> {
  const at = join(view, path);
  await mkdir(dirname(at), { recursive: true, mode: 0o700 });
  await symlink(folder, at);
}

/** Nothing can be created in a view: what was written there would be lost with the release. */
async function lockFolders(spec: ViewSpec, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await lockFolders(spec, join(folder, entry.name));
  if (spec.account) await chown(folder, -1, spec.account.gid);
  await chmod(folder, spec.account ? 0o550 : 0o500);
}

/** Removes a folder of which some parts are read-only; one that is not there is removed already. */
export async function removeTree(folder: string): Promise<void> {
  if (!(await exists(folder))) return;
  await unlockFolders(folder);
  await rm(folder, { recursive: true, force: true });
}

async function unlockFolders(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await unlockFolders(join(folder, entry.name));
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
