import { readdirSync, readlinkSync } from 'node:fs';
import type { Address } from '../../domain/environment.ts';
import { listenerIn, listenersIn } from '../sockets.ts';

/** What these processes listen on, or where on one port, by their sockets and the kernel's table of them, proc_pid_net(5). */
export function listeningOf(pids: readonly number[], port?: number): Address[] {
  const [first] = pids;
  if (first === undefined) return [];
  const own = new Set(pids.flatMap(socketsOf));
  const found =
    port === undefined
      ? listenersIn(first, ({ inode }) => own.has(inode))
      : [listenerIn(first, (row) => row.port === port && own.has(row.inode))];
  return found.flatMap((one) => (one ? [{ host: one.host, port: one.port }] : []));
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
