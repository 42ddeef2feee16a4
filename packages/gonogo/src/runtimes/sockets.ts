import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Address } from '../domain/environment.ts';

/** A listening socket, and its inode. */
export type Listener = Address & { readonly inode: string };

/** What is listened on in a process's network by sockets that count, by the kernel's table, proc_pid_net(5). */
export function listenersIn(pid: number, counts: (listener: Listener) => boolean): Listener[] {
  const tables = [`/proc/${pid}/net/tcp`, `/proc/${pid}/net/tcp6`];
  const found = (read: (path: string) => string): Listener[] =>
    tables.flatMap((path) => rowsOf(textOf(path, read))).filter(counts);
  const quickly = found(readListeners);
  // Linux lists what listens first, but promises it nowhere: nothing found is worth reading everything.
  return quickly.length > 0 ? quickly : found((path) => readFileSync(path, 'utf8'));
}

/** The sockets in state LISTEN (0A); addresses are in hexadecimal, each 32 bits in the machine's byte order. */
function rowsOf(text: string): Listener[] {
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address, port] = local.split(':');
    if (state !== '0A' || !address || !port || !inode) return [];
    return { host: hostOf(address), port: Number.parseInt(port, 16), inode };
  });
}

/** The beginning of a table up to its first socket that is connected: those come last, and there may be thousands. */
function readListeners(path: string): string {
  const table = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(16_384);
    let text = '';
    for (let read = readSync(table, chunk); read > 0; read = readSync(table, chunk)) {
      text += chunk.toString('latin1', 0, read);
      if (/^ *\d+: \S+ \S+ (?!0A)/m.test(text)) break;
    }
    return text;
  } finally {
    closeSync(table);
  }
}

function textOf(path: string, read: (path: string) => string): string {
  try {
    return read(path);
  } catch {
    return ''; // The process ended, or the kernel has no IPv6.
  }
}

function hostOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  bytes.swap32(); // Linux runs Node.js on little-endian machines only.
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
