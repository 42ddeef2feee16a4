import { closeSync, openSync, readSync } from 'node:fs';
import type { Address } from '../domain/environment.ts';

/** A listening socket, and its inode. */
export type Listener = Address & { readonly inode: string };

/** What is listened on in a process's network by sockets that count, by the kernel's table, proc_pid_net(5). */
export function listenersIn(pid: number, counts: (listener: Listener) => boolean): Listener[] {
  const found = [...listenersFirst(pid, manyRows)].filter(counts);
  return found.length > 0 ? found : [...everyListener(pid)].filter(counts);
}

/** The first of them, which is found sooner. */
export function listenerIn(pid: number, counts: (listener: Listener) => boolean): Listener | undefined {
  for (const some of [listenersFirst(pid, oneRow), everyListener(pid)])
    for (const listener of some) if (counts(listener)) return listener;
  return undefined;
}

/**
 * How much of a table is asked for at once, in bytes. To fill more than a row the kernel goes on into the table of
 * connections, which takes milliseconds however few there are.
 */
const [oneRow, manyRows] = [150, 16_384];

/**
 * Those that are listed before the first socket that is connected: there may be thousands. Linux lists what listens
 * first, but promises it nowhere: where nothing is found, every row is worth reading.
 */
function* listenersFirst(pid: number, chunk: number): Generator<Listener> {
  for (const table of tablesOf(pid)) {
    for (const row of rowsOf(table, chunk)) {
      if (row === 'connected') break;
      yield row;
    }
  }
}

function* everyListener(pid: number): Generator<Listener> {
  for (const table of tablesOf(pid))
    for (const row of rowsOf(table, manyRows)) if (row !== 'connected') yield row;
}

const tablesOf = (pid: number): string[] => [`/proc/${pid}/net/tcp`, `/proc/${pid}/net/tcp6`];

/** Reads a table as far as its rows are asked for; nothing when the process ended, or the kernel has no IPv6. */
function* rowsOf(path: string, chunk: number): Generator<Listener | 'connected'> {
  let table: number | undefined;
  try {
    table = openSync(path, 'r');
    const buffer = Buffer.alloc(chunk);
    let rest = '';
    for (let read = readSync(table, buffer); read > 0; read = readSync(table, buffer)) {
      const lines = (rest + buffer.toString('latin1', 0, read)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield* rowOf(line);
    }
  } catch {
    return; // What was read until then is all there is.
  } finally {
    if (table !== undefined) closeSync(table);
  }
}

/** State LISTEN is 0A; addresses are in hexadecimal, each 32 bits in the machine's byte order. The heading is no row. */
function* rowOf(line: string): Generator<Listener | 'connected'> {
  const [number, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
  const [address, port] = local.split(':');
  if (!/^\d+:$/.test(number ?? '') || !address || !port || !inode) return;
  if (state !== '0A') yield 'connected';
  else yield { host: hostOf(address), port: Number.parseInt(port, 16), inode };
}

function hostOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  bytes.swap32(); // Linux runs Node.js on little-endian machines only.
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
