import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { isErrno } from '../../system/files.ts';

export type Rotation = { readonly bytes: number; readonly files: number };

/**
 * Copies a grown output file away and empties it; true when it did. The writer keeps its descriptor, opened for
 * appending, so it goes on at the start. What it writes between the last read and the truncation, some microseconds
 * with nothing between the two calls, is lost: the price of not asking applications to open their output again. Of a file
 * that grew to more than twice the size before anybody looked only the end is kept: no copy is larger than that. Where
 * the copy cannot be written, as on a full disk, everything stays as it was.
 */
export async function rotate(path: string, rotation: Rotation): Promise<boolean> {
  if (!(await isLarger(path, rotation.bytes))) return false;
  const copy = `${path}.1.tmp`;
  moveTo(copy, path, 2 * rotation.bytes);
  rmSync(`${path}.${rotation.files}`, { force: true });
  for (let n = rotation.files - 1; n >= 1; n--) renameIfPresent(`${path}.${n}`, `${path}.${n + 1}`);
  renameSync(copy, `${path}.1`);
  return true;
}

/** Synchronous, so that nothing of ours runs between the last read and the truncation. */
function moveTo(copy: string, path: string, most: number): void {
  const [from, to] = [openSync(path, 'r+'), openSync(copy, 'w', 0o600)];
  try {
    let position = Math.max(0, fstatSync(from).size - most);
    const chunk = Buffer.alloc(256 * 1024);
    for (let read = 1; read > 0; position += read) {
      read = readSync(from, chunk, 0, chunk.length, position);
      // Unlike a single write it goes on until all is written, or fails.
      writeFileSync(to, chunk.subarray(0, read));
    }
    ftruncateSync(from, 0);
  } catch (error) {
    rmSync(copy, { force: true });
    throw error;
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

async function isLarger(path: string, bytes: number): Promise<boolean> {
  try {
    return (await stat(path)).size > bytes;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false; // Its pool was removed meanwhile.
    throw error;
  }
}

function renameIfPresent(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
