import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, isAlive, type ProcessIdentity } from '../../../packages/gonogo/src/system/process.ts';

/** A process that belongs to a folder. */
export type Belonging = {
  readonly identity: ProcessIdentity;
  readonly argv: string;
  readonly env: string;
};

/** Every process, of any program, whose arguments, environment or working folder name this folder. */
export async function processesOf(folder: string): Promise<Belonging[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const found = await Promise.all(pids.map((pid) => look(pid, folder)));
  return found.filter((one) => one !== undefined);
}

async function look(pid: number, folder: string): Promise<Belonging | undefined> {
  const identity = identify(pid);
  if (!identity) return undefined;
  try {
    const about = join('/proc', String(pid));
    const [argv, env, cwd] = await Promise.all([
      readFile(join(about, 'cmdline'), 'utf8'),
      readFile(join(about, 'environ'), 'utf8'),
      readlink(join(about, 'cwd')),
    ]);
    const names = [argv, env, cwd].some((text) => text.includes(folder));
    return names && isAlive(identity)
      ? { identity, argv: argv.replaceAll('\0', ' ').trim(), env }
      : undefined;
  } catch {
    return undefined; // It ended while we looked, or belongs to somebody else.
  }
}

/** Kills what belongs to a folder until nothing is left: what is killed may be started again by what is killed next. */
export async function endAll(folder: string): Promise<void> {
  for (let left = await processesOf(folder); left.length > 0; left = await processesOf(folder)) {
    for (const { identity } of left) end(identity);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function end(identity: ProcessIdentity): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, 'SIGKILL');
  } catch (error) {
    // Gone between the look and the signal is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
