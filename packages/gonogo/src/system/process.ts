import { readFileSync } from 'node:fs';

/** What tells one process from a later one with the same pid: (boot id, pid, start time). See proc_pid_stat(5). */
export type ProcessIdentity = { readonly boot: string; readonly pid: number; readonly startTime: string };

let boot: string | undefined;

/** This boot of the machine, which no process outlives. */
export function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}

/** The identity of a living process; undefined when there is none. A zombie is dead. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  if (!stat || stat.state === 'Z' || stat.state === 'X') return undefined;
  return { boot: bootId(), pid, startTime: stat.startTime };
}

/** True while exactly this process lives, and not merely one with its pid. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now !== undefined && now.boot === identity.boot && now.startTime === identity.startTime;
}

/** Sends a signal to the process group of exactly this process; false when it no longer lives. */
export function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(-identity.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** State (3rd field) and start time (22nd); the command name before them may hold spaces and parentheses. */
function readStat(pid: number): { state: string; startTime: string } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // No such process, or it ended while we read.
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? 'X', startTime: fields[19] ?? '' };
}

/** The account a process runs as (effective Uid and Gid, proc_pid_status(5)); undefined when it has ended. */
export function accountIn(pid: number): { readonly uid: number; readonly gid: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined; // No such process, or it ended while we read.
  }
  const idOf = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+\\d+\\s+(\\d+)`, 'm').exec(text)?.[1]);
  return { uid: idOf('Uid'), gid: idOf('Gid') };
}
