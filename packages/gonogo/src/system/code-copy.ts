import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, cp, link, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { diskProblem } from './disk.ts';
import { isErrno } from './files.ts';

/** A Node.js binary and the entry it shall run. */
export type Program = { readonly node: string; readonly entry: string };

/**
 * A bundled entry's folder, its `package.json` and the Node.js binary, copied to `<root>/code/<digest>` once, so that
 * an `npm ci` under a running agent cannot take its code away. An entry that is a TypeScript source runs in place.
 * Fails with DISK_FULL or STATE_UNUSABLE.
 */
export async function immutableCopy(entry: string, root: string): Promise<Program> {
  if (entry.endsWith('.ts')) return { node: process.execPath, entry };
  const code = join(root, 'code');
  try {
    const folder = join(code, await digestOf(dirname(entry)));
    await mkdir(code, { recursive: true, mode: 0o700 });
    if (!(await exists(folder))) await copyInto(code, folder, entry);
    return { node: join(folder, 'node'), entry: join(folder, 'dist', basename(entry)) };
  } catch (error) {
    throw diskProblem(error, code);
  }
}

/** Made aside and renamed, so that a folder of this name is always whole. */
async function copyInto(code: string, folder: string, entry: string): Promise<void> {
  const fresh = await mkdtemp(join(code, '.new-'));
  try {
    const dist = dirname(entry);
    await cp(dist, join(fresh, 'dist'), { recursive: true });
    await copyFile(join(dist, '..', 'package.json'), join(fresh, 'package.json'));
    await linkOrCopy(process.execPath, join(fresh, 'node'));
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Another command made the same copy meanwhile.
    if (!isErrno(error, 'ENOTEMPTY') && !isErrno(error, 'EEXIST')) throw error;
  }
}

/** A hard link needs the same file system, and a file we own where the kernel protects others' (proc_sys_fs(5)). */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}

async function digestOf(dist: string): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  const files = await readdir(dist, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  for (const path of paths.sort()) hash.update(path.slice(dist.length)).update(await readFile(path));
  return hash.digest('hex').slice(0, 16);
}

const exists = async (folder: string): Promise<boolean> => (await readdir(folder).catch(() => [])).length > 0;

/** What is younger may have been made for a process that is about to start, in milliseconds. */
const grace = 3_600_000;

/** Removes the copies under `<root>/code` that no process runs any more and that are older than an hour. */
export async function removeUnusedCopies(root: string, now = Date.now()): Promise<void> {
  const code = join(root, 'code');
  const used = await commandLines();
  for (const name of await readdir(code).catch(() => [])) {
    const folder = join(code, name);
    if (used.some((line) => line.includes(`${folder}/`))) continue;
    const { mtimeMs } = await stat(folder);
    if (mtimeMs < now - grace) await rm(folder, { recursive: true, force: true });
  }
}

/** The command line of every process that lives (proc_pid_cmdline(5)). */
async function commandLines(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // One that ended meanwhile runs nothing.
  return await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}
