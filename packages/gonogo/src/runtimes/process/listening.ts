import { readdirSync, readlinkSync } from 'node:fs';
import type { Address } from '../../domain/environment.ts';
import { isAlive } from '../../system/process.ts';
import { listenerIn, listenersIn } from '../sockets.ts';
import { type Group, membersOf } from './group.ts';

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

/** As `listeningOf` for all members of a group; who they are is found only by a look at every process there is. */
export function listeningIn(group: Group, port?: number): Address[] {
  const { leader } = group;
  const byLeader = port !== undefined && isAlive(leader) ? listeningOf([leader.pid], port) : [];
  return byLeader.length > 0 ? byLeader : listeningOf(membersOf(group, false), port);
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
