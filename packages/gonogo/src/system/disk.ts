import { messageOf, Problem, problem } from '../errors.ts';

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
