import { closeSync, constants, openSync, readSync } from 'node:fs';
import { isErrno } from '../../system/files.ts';

/**
 * Which containers the kernel killed something in because they used more memory than they may. The engine hears of that
 * by a way of its own, which at times comes after the end of the container and at times never; the kernel writes it down
 * before it kills.
 */
export type KernelLog = {
  /** False as well where this process may not read the log, which takes root on most hosts. */
  killedForMemory(container: string): boolean;
  close(): void;
};

/** Longer than the longest record, Documentation/ABI/testing/dev-kmsg. */
const recordBytes = 8192;

/** Reads what was written since it was last asked; from the first question on it is read from the beginning. */
export function kernelLog(path = '/dev/kmsg'): KernelLog {
  const killed = new Set<string>();
  let descriptor: number | undefined;
  return {
    killedForMemory: (container) => {
      descriptor ??= openLog(path);
      for (const records of unread(descriptor))
        for (const [, id = ''] of records.matchAll(victim)) killed.add(id);
      return killed.has(container);
    },
    close: () => {
      if (descriptor !== undefined && descriptor !== closed) closeSync(descriptor);
      descriptor = closed;
    },
  };
}

/** Never open: there is none, as in a container, or it is for others. */
const closed = -1;

function openLog(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return closed; // Then only the engine can tell.
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
 * Written by the kernel itself (facility 0), not by a program. The group that had no room left is named, by both versions
 * of cgroups after its container; where it is the host that has none, none is.
 */
const victim = /^[0-7],\d+,\d+,[^;]*;oom-kill:.*,oom_memcg=[^,\s]*?([0-9a-f]{64})/gm;
