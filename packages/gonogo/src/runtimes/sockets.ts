import { readFileSync } from 'node:fs';
import type { Address } from '../domain/environment.ts';

/** A listening socket, and its inode. */
export type Listener = Address & { readonly inode: string };

/** What is listened on in a process's network, by the kernel's table of it, proc_pid_net(5). */
export const listenersIn = (pid: number): Listener[] => [
  ...rows(`/proc/${pid}/net/tcp`),
  ...rows(`/proc/${pid}/net/tcp6`),
];

/** The sockets in state LISTEN (0A); addresses are in hexadecimal, each 32 bits in the machine's byte order. */
function rows(path: string): Listener[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return []; // The process ended, or the kernel has no IPv6.
  }
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address, port] = local.split(':');
    if (state !== '0A' || !address || !port || !inode) return [];
    return { host: hostOf(address), port: Number.parseInt(port, 16), inode };
  });
}

function hostOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  bytes.swap32(); // Linux runs Node.js on little-endian machines only.
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
