import { readdirSync, readlinkSync } from 'node:fs';
import type { Address } from '../../domain/environment.ts';
import { listenersIn } from '../sockets.ts';

/** What these processes listen on, by their sockets and the kernel's table of them, proc_pid_net(5). */
export function listeningOf(pids: readonly number[]): Address[] {
  const [first] = pids;
  if (first === undefined) return [];
  const own = new Set(pids.flatMap(socketsOf));
  return listenersIn(first, (row) => own.has(row.inode)).map(({ host, port }) => ({ host, port }));
}

/** The inodes of the sockets a process has open. */
function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => socketInode(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // It ended while we looked.
  }
}

function socketInode(path: string): string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.slice(1) ?? [];
  } catch {
    return []; // It was closed while we looked.
  }
}
