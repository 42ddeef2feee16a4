import { closeSync, constants, openSync, readSync } from 'node:fs';
import { isErrno } from './files.ts';
import type { ProcessIdentity } from './process.ts';

/** Whose memory was not enough: what it may use (a control group's limit), or all that the machine has. */
export type Shortage = 'limit' | 'host';

/**
 * What the kernel killed because there was no memory left for it. Others hear of that late, or never: a container engine
 * by a way of its own, a parent only as SIGKILL. The kernel writes it down before it kills.
 */
export type KernelLog = {
  /** Undefined as well where this process may not read the log, which takes root on most hosts. */
  containerKilled(id: string): Shortage | undefined;
  processKilled(process: ProcessIdentity): Shortage | undefined;
  close(): void;
};

/** Longer than the longest record, Documentation/ABI/testing/dev-kmsg. */
const recordBytes = 8192;

/** Reads what was written since it was last asked; from the first question on it is read from the beginning. */
export function kernelLog(path = '/dev/kmsg'): KernelLog {
  const [containers, processes] = [new Map<string, Shortage>(), new Map<number, Killed>()];
  let descriptor: number | undefined;
  const readOn = (): void => {
    descriptor ??= openLog(path);
    for (const records of unread(descriptor))
      for (const { pid, at, container, shortage } of killsIn(records)) {
        processes.set(pid, { at, shortage });
        if (container !== undefined) containers.set(container, shortage);
      }
  };
  return {
    containerKilled: (id) => {
      readOn();
      return containers.get(id);
    },
    processKilled: ({ pid, startTime }) => {
      readOn();
      const killed = processes.get(pid);
      // Somebody who had the same number before is not meant.
      return killed && killed.at >= Number(startTime) * tick ? killed.shortage : undefined;
    },
    close: () => {
      if (descriptor !== undefined && descriptor !== closed) closeSync(descriptor);
      descriptor = closed;
    },
  };
}

type Killed = { readonly at: number; readonly shortage: Shortage };

/** What a process's start is counted in, in microseconds since the machine's: 1/100 s everywhere, proc_pid_stat(5). */
const tick = 10_000;

/** Never open: there is none, as in a container, or it is for others. */
const closed = -1;

function openLog(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return closed; // Then only the engine, or nobody, can tell.
  }
}

function* unread(descriptor: number): Generator<string> {
  const buffer = Buffer.alloc(recordBytes);
  while (descriptor !== closed) {
    try {
      const length = readSync(descriptor, buffer, 0, recordBytes, null);
      if (length === 0) return;
      yield buffer.toString('latin1', 0, length);
    } catch (error) {
      if (isErrno(error, 'EAGAIN')) return;
      // Records were overwritten before they were read; the next read goes on with what is left.
      if (!isErrno(error, 'EPIPE')) throw error;
    }
  }
}

/**
 * Written by the kernel itself (facility 0), not by a program: time in microseconds, the group whose limit was reached,
 * unless it was the machine's, the victim's own group and the victim. A program's name may hold anything, so the number
 * is the last thing that is read.
 */
const record =
  /^[0-7],\d+,(\d+),[^;]*;oom-kill:.*?,(?:oom_memcg=([^,\s]*)|global_oom),task_memcg=([^,\s]*),.*,pid=(\d+),uid=\d+$/gm;

/** Both versions of cgroups name a container's group after it. */
const containerIn = (group: string): string | undefined => /[0-9a-f]{64}/.exec(group)?.[0];

function* killsIn(records: string) {
  for (const [, at, limited, group = '', pid] of records.matchAll(record)) {
    const container = containerIn(group);
    const shortage: Shortage = limited === undefined ? 'host' : 'limit';
    yield { pid: Number(pid), at: Number(at), container, shortage };
  }
}
