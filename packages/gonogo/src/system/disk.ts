import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, Problem, problem } from '../errors.ts';
import { writeFileAtomic } from './files.ts';

const full = new Set(['ENOSPC', 'EDQUOT']);

/** What a failed write under the state folder means: DISK_FULL, or STATE_UNUSABLE naming the path. Problems pass through. */
export function diskProblem(error: unknown, path: string): Problem {
  if (error instanceof Problem) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code !== undefined && full.has(code)) return problem('DISK_FULL', { path }, error);
  return problem('STATE_UNUSABLE', { path, why: messageOf(error) }, error);
}

/** Runs file work and turns its errors into problems that name the path. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskProblem(error, path);
  }
}

/** Enough for an agent to start with and to write its journal, in bytes. */
const room = 4 * 1024 * 1024;

/** Fails with DISK_FULL or STATE_UNUSABLE unless a few megabytes can be written under a folder. */
export async function requireRoom(folder: string): Promise<void> {
  const probe = join(folder, '.room');
  await onDisk(folder, async () => {
    await writeFileAtomic(probe, randomBytes(room));
    await rm(probe);
  });
}
