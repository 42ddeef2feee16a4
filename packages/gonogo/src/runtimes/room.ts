import { statfs } from 'node:fs/promises';
import { availableBytes } from '../system/memory.ts';

/** Below this the output of instances and the journal have no room, in bytes. */
const leastDisk = 64 * 1024 * 1024;

/** Why a folder has no room for what instances write; undefined when it has. */
export async function diskFault(folder: string): Promise<string | undefined> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= leastDisk) return undefined;
  const [has, needs] = [free, leastDisk].map(megabytes);
  return `only ${has} are free on the disk of ${folder}, and what instances write needs ${needs}: make room there`;
}

/**
 * Why so many more instances have no room beside what runs: by what the largest one of the same role takes now, because
 * nobody knows yet what the new ones will take. `sizes` are what those take, in bytes.
 */
export async function memoryFault(count: number, sizes: readonly number[]): Promise<string | undefined> {
  const needed = count * Math.max(0, ...sizes);
  const free = await availableBytes();
  if (needed <= free) return undefined;
  return `${count} more instances may take ${megabytes(needed)} of memory, and ${megabytes(free)} are free`;
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`;
