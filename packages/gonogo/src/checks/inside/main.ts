import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { messageOf } from '../../errors.ts';
import { isErrno } from '../../system/files.ts';
import type { InsideAnswer, InsideQuestion } from '../inside.ts';
import { checkRunner } from '../run.ts';

// Asks the checks that it reads from its input. It is started in the network of an instance and in mounts of its own.

/** Names are looked up with these files, by every library. */
const resolving = ['resolv.conf', 'hosts'];

/** Puts the instance's files over the machine's: a mount cannot be taken from another's mounts, so copies are. */
async function resolveAs(pid: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-inside-'));
  try {
    await Promise.all(
      resolving.map(async (name) => {
        const [content, ours] = await Promise.all(
          [`/proc/${pid}/root/etc/${name}`, `/etc/${name}`].map(contentOf),
        );
        if (content === ours) return; // A mount takes a process.
        const copy = join(folder, name);
        await writeFile(copy, content ?? '');
        await promisify(execFile)('mount', ['--bind', copy, `/etc/${name}`]);
      }),
    );
  } finally {
    // What is mounted stays readable.
    await rm(folder, { recursive: true, force: true });
  }
}

/** More than any list of names has, in bytes. */
const mostBytes = 1024 * 1024;

async function contentOf(path: string): Promise<string> {
  try {
    // What runs there may have put anything in its place: a device without an end, or a pipe that nobody writes to.
    const stats = await stat(path);
    if (!stats.isFile() || stats.size > mostBytes)
      throw new Error(`its ${basename(path)} is not a plain file of names`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}

const say = (answer: InsideAnswer): boolean => process.stdout.write(`${JSON.stringify(answer)}\n`);

async function askAll({ specs, at, secrets, pid }: InsideQuestion): Promise<void> {
  await resolveAs(pid);
  const runner = checkRunner();
  const { signal } = new AbortController();
  await Promise.all(
    specs.map(async (spec, index) => {
      const [result] = await runner.run([spec], at, { secrets, signal });
      if (result) say({ index, result });
    }),
  );
}

try {
  await askAll(JSON.parse(await text(process.stdin)) as InsideQuestion);
} catch (error) {
  // The last line is what whoever started this tells.
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
