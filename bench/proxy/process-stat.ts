import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc (proc_pid_stat(5)); USER_HZ is 100 on every Linux that Node.js runs on. */
const ticksPerSecond = 100;

type Stat = { readonly pid: number; readonly parent: number; readonly ticks: number };

/** CPU time of a process and all its descendants that live, user and system, in seconds. */
export function cpuSeconds(root: number): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readStat);
  const family = new Set([root]);
  // Children may come before their parents in the listing, so look until nobody new is found.
  for (let known = 0; known !== family.size; ) {
    known = family.size;
    for (const { pid, parent } of stats) if (family.has(parent)) family.add(pid);
  }
  const ticks = stats.filter(({ pid }) => family.has(pid)).reduce((sum, stat) => sum + stat.ticks, 0);
  return ticks / ticksPerSecond;
}

/** CPU time of one process, all its threads, in seconds. */
export const ownCpuSeconds = (pid: number): number => (readStat(String(pid))[0]?.ticks ?? 0) / ticksPerSecond;

/** Fields 4, 14 and 15 of proc_pid_stat(5); the command in field 2 may hold spaces and brackets. */
function readStat(name: string): Stat[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${name}/stat`, 'utf8');
  } catch {
    return []; // It ended while we looked.
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return [{ pid: Number(name), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
}

/** Resident memory of one process (proc_pid_status(5)), in MB of 1,000,000 bytes; `peak` is its highest ever. */
export function residentMb(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string): number =>
    Math.round((Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) * 1024) / 1e5) / 10;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}
