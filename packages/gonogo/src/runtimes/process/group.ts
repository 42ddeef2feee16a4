import { readdirSync, readFileSync } from 'node:fs';
import type { Millis } from '../../domain/units.ts';
import { bootId, identify, type ProcessIdentity } from '../../system/process.ts';

/** A process group of ours: its leader, and the launch key that its members have in their environment. */
export type Group = { readonly leader: ProcessIdentity; readonly launch: string };

/**
 * The living members of a group, also after its leader ended. A process group's number is not given away while a member
 * lives, so one member that is ours makes the whole group ours; `trusted` says that this was seen a moment ago.
 */
export function membersOf(group: Group, trusted: boolean): number[] {
  const { leader, launch } = group;
  if (leader.boot !== bootId() || !groupExists(leader.pid)) return [];
  const now = identify(leader.pid);
  if (now && now.startTime !== leader.startTime) return []; // The number is somebody else's by now.
  const members = processes().filter((pid) => groupOf(pid) === leader.pid);
  return now || trusted || members.some((pid) => launchOf(pid) === launch) ? members : [];
}

/** Signals the group if it is still ours; false when nothing of it lives. */
export function signalMembers(group: Group, signal: NodeJS.Signals, trusted: boolean): boolean {
  if (membersOf(group, trusted).length === 0) return false;
  try {
    return process.kill(-group.leader.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false; // The last one ended in between.
    throw error;
  }
}

/** The process that was started for a launch and whose number nobody wrote down, found by its environment. */
export function findLaunch(launch: string): ProcessIdentity | undefined {
  const leader = processes().find((pid) => groupOf(pid) === pid && launchOf(pid) === launch);
  return leader === undefined ? undefined : identify(leader);
}

/** The environment a process was started with, proc_pid_environ(5); undefined when it ended or is not ours to read. */
export function environmentOf(pid: number): Record<string, string> | undefined {
  const text = readProc(`${pid}/environ`);
  if (!text) return undefined;
  const pairs = text.split('\0').filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

/** USER_HZ, in which /proc counts processor time on every platform, whatever tick the kernel itself has. */
const ticksPerSecond = 100;

/**
 * The processor time of every process group by its leader's number: of its members, zombies included, and of the
 * children they have waited for (utime, stime, cutime and cstime of proc_pid_stat(5)).
 */
export function processorTimeByGroup(): Map<number, Millis> {
  const times = new Map<number, Millis>();
  for (const pid of processes()) {
    const stat = readProc(`${pid}/stat`);
    if (!stat) continue;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    const group = Number(fields[2]);
    times.set(group, (times.get(group) ?? 0) + (ticks * 1000) / ticksPerSecond);
  }
  return times;
}

const launchOf = (pid: number): string | undefined => environmentOf(pid)?.GONOGO_LAUNCH;

const processes = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** The process group, 5th field of proc_pid_stat(5); undefined for what ended, a zombie included. */
function groupOf(pid: number): number | undefined {
  const stat = readProc(`${pid}/stat`);
  const [state, , group] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return state === undefined || state === 'Z' || state === 'X' ? undefined : Number(group);
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined; // It ended while we looked, or belongs to another user and so is none of ours.
  }
}

function groupExists(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch (error) {
    // Not permitted means that the number went to another user's group.
    if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
