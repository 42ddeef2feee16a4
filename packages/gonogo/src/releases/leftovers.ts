import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bootId, identify, isAlive } from '../system/process.ts';
import { removeTree } from './settle.ts';

/** Names the process that works there, so that another knows what a crash left behind. */
export function temporaryName(): string {
  const { pid, startTime } = identify(process.pid) ?? { pid: process.pid, startTime: '' };
  return `.unfinished-${pid}-${startTime}-${randomBytes(6).toString('hex')}`;
}

/** Removes what processes that are gone were working on. */
export async function removeLeftovers(folder: string): Promise<void> {
  const boot = bootId();
  for (const name of await readdir(folder)) {
    const [, pid, startTime] = /^\.unfinished-(\d+)-(\d*)-[0-9a-f]+$/.exec(name) ?? [];
    if (pid === undefined || startTime === undefined) continue;
    if (!isAlive({ boot, pid: Number(pid), startTime })) await removeTree(join(folder, name));
  }
}
