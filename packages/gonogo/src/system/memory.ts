import { readFile } from 'node:fs/promises';
import { isErrno } from './files.ts';

/** VmRSS of a process (proc_pid_status(5)), in bytes; 0 when it has just ended. */
export async function residentBytes(pid: number): Promise<number> {
  try {
    return fieldOf(await readFile(`/proc/${pid}/status`, 'utf8'), 'VmRSS');
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) return 0;
    throw error;
  }
}

/** What can be taken without swapping (MemAvailable, proc_meminfo(5)), in bytes. */
export const availableBytes = async (): Promise<number> =>
  fieldOf(await readFile('/proc/meminfo', 'utf8'), 'MemAvailable');

const fieldOf = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
