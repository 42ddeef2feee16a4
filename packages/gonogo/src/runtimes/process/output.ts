import { statSync } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isErrno } from '../../system/files.ts';

/** At most this much of a file's end is looked at for its last lines; bytes. */
const tailBytes = 256 * 1024;

/** The last lines of an output file, oldest first; goes back into the last rotated file when the current one is short. */
export async function tail(path: string, lines: number): Promise<string[]> {
  if (lines <= 0) return [];
  const current = linesOf(await readEnd(path));
  if (current.length >= lines) return current.slice(-lines);
  return [...linesOf(await readEnd(`${path}.1`)), ...current].slice(-lines);
}

/** The output files in a pool's folder, oldest first. */
export async function outputFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  });
  const logs = names.filter((name) => name.endsWith('.log')).map((name) => join(folder, name));
  const dated = await Promise.all(logs.map(async (path) => ({ path, born: (await stat(path)).birthtimeMs })));
  return dated.sort((a, b) => a.born - b.born).map((log) => log.path);
}

/** What rotation has moved away from an output file. */
export async function rotatedCopies(path: string): Promise<string[]> {
  const [folder, name] = [dirname(path), basename(path)];
  const copies = (await readdir(folder)).filter(
    (copy) => copy.startsWith(`${name}.`) && /^\d+$/.test(copy.slice(name.length + 1)),
  );
  return copies.map((copy) => join(folder, copy));
}

/** Where a follower stands in a file that is rotated by copying it away and truncating it. */
export type Cursor = {
  readonly path: string;
  offset: number;
  /** The rotated copy we have seen last, by its inode. */
  rotated: number;
  rest: string;
};

export const cursorAtEnd = (path: string): Cursor => ({
  path,
  offset: sizeOf(path),
  rotated: inodeOf(`${path}.1`),
  rest: '',
});

export const cursorAtStart = (path: string): Cursor => ({ path, offset: 0, rotated: 0, rest: '' });

/**
 * The whole lines that came since the last call. What rotations moved away in between is read from the copies: the one
 * after the last that was seen holds what follows our position, later ones are all new.
 */
export async function advance(cursor: Cursor): Promise<string[]> {
  for (;;) {
    const copies = copiesSince(cursor);
    let [text, offset] = ['', cursor.offset];
    for (const { path } of copies) {
      text += await readAll(path, offset);
      offset = 0;
    }
    const fresh = await readFrom(cursor.path, offset);
    // Rotated meanwhile, the files that were read are other ones.
    if (copiesSince(cursor).at(-1)?.inode !== copies.at(-1)?.inode) continue;
    cursor.rotated = copies.at(-1)?.inode ?? cursor.rotated;
    cursor.offset = offset + Buffer.byteLength(fresh);
    const pieces = (cursor.rest + text + fresh).split('\n');
    cursor.rest = pieces.pop() ?? '';
    return pieces;
  }
}

/**
 * The copies that rotations made since the last call, oldest first; a copy keeps its inode when it is renamed. Looked at
 * in one go, as rotations are made.
 */
function copiesSince(cursor: Cursor): { path: string; inode: number }[] {
  const copies: { path: string; inode: number }[] = [];
  for (let n = 1; ; n++) {
    const path = `${cursor.path}.${n}`;
    const inode = inodeOf(path);
    if (inode === 0 || inode === cursor.rotated) return copies.reverse();
    copies.push({ path, inode });
  }
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

async function readEnd(path: string): Promise<string> {
  const size = sizeOf(path);
  const text = await readFrom(path, Math.max(0, size - tailBytes));
  return size > tailBytes ? text.slice(text.indexOf('\n') + 1) : text;
}

/** From `offset` to the end of a file that does not grow any more. */
async function readAll(path: string, offset: number): Promise<string> {
  let text = '';
  for (let at = offset; ; ) {
    const piece = await readFrom(path, at);
    if (piece === '') return text;
    text += piece;
    at += Buffer.byteLength(piece);
  }
}

/** From `offset` to the end, at most 1 MiB at a time and never half a character. */
async function readFrom(path: string, offset: number): Promise<string> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(Math.max(size - offset, 0), 1024 * 1024));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    return buffer.subarray(0, wholeCharacters(buffer, bytesRead)).toString('utf8');
  } finally {
    await file.close();
  }
}

/** Leaves out a UTF-8 sequence that is cut off at the end (RFC 3629): its lead byte tells how long it would be. */
function wholeCharacters(buffer: Buffer, length: number): number {
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = buffer[length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return wanted > back ? length - back : length;
  }
  return length;
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
const inodeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.ino ?? 0;
