import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { identify, isAlive, type ProcessIdentity } from '../../system/process.ts';

/** A process that belongs to a folder: it works in it, or was started with its path. */
export type Leftover = { readonly identity: ProcessIdentity; readonly command: string };

/**
 * The Node.js processes of this user whose arguments, working folder or environment name a folder. Its name must be one
 * that nothing else has, such as mkdtemp(3) makes. Somebody's shell or `tail` in that folder is not ours.
 */
export async function processesOf(folder: string): Promise<Leftover[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const found = await Promise.all(pids.map((pid) => look(pid, folder)));
  return found.filter((leftover) => leftover !== undefined);
}

async function look(pid: number, folder: string): Promise<Leftover | undefined> {
  const identity = identify(pid);
  if (!identity) return undefined;
  try {
    const about = join('/proc', String(pid));
    const [argv, env] = await Promise.all([
      readFile(join(about, 'cmdline'), 'utf8'),
      readFile(join(about, 'environ'), 'utf8'),
    ]);
    const [cwd, exe] = await Promise.all([readlink(join(about, 'cwd')), readlink(join(about, 'exe'))]);
    const belongs = isNode(exe, folder) && [argv, cwd, env].some((text) => text.includes(folder));
    return belongs && isAlive(identity)
      ? { identity, command: argv.replaceAll('\0', ' ').trim() }
      : undefined;
  } catch {
    return undefined; // It ended while we looked, or belongs to somebody else.
  }
}

/** Node.js as we run it, or a copy of it in that folder; see proc_pid_exe(5) for the suffix. */
const isNode = (exe: string, folder: string): boolean =>
  basename(exe.replace(/ \(deleted\)$/, '')) === basename(process.execPath) || exe.startsWith(folder);

/** Kills exactly these processes, if they still live. */
export function endProcesses(leftovers: readonly Leftover[]): void {
  for (const { identity } of leftovers) {
    if (!isAlive(identity)) continue;
    try {
      process.kill(identity.pid, 'SIGKILL');
    } catch (error) {
      // Gone between the look and the signal is what was wanted.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
