import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PoolSpec } from '../../ports/runtime.ts';
import { availableBytes, residentBytes } from '../../system/memory.ts';
import { membersOf } from './group.ts';
import type { ProcessTools } from './tools.ts';
import { type Found, look } from './world.ts';

/** Below this the output of instances and the journal have no room, in bytes. */
const leastDisk = 64 * 1024 * 1024;

/**
 * Why so many more instances have no room beside what runs: by what the largest one of the same role takes now, because
 * nobody knows yet what the new ones will take.
 */
export async function vet(
  tools: ProcessTools,
  spec: Omit<PoolSpec, 'artifact'>,
): Promise<string | undefined> {
  // The folder itself is made with the first instance.
  return (await diskFault(dirname(tools.folder))) ?? (await memoryFault(tools, spec));
}

async function diskFault(folder: string): Promise<string | undefined> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  return free < leastDisk ? `only ${megabytes(free)} are free on the disk of ${folder}` : undefined;
}

async function memoryFault(
  tools: ProcessTools,
  { pool, count }: Pick<PoolSpec, 'pool' | 'count'>,
): Promise<string | undefined> {
  const running = (await look(tools, pool.target)).filter(({ place }) => place.pool.role === pool.role);
  const sizes = await Promise.all(running.map(residentOf));
  const needed = count * Math.max(0, ...sizes);
  const free = await availableBytes();
  if (needed <= free) return undefined;
  return `${count} more instances may take ${megabytes(needed)} of memory, and ${megabytes(free)} are free`;
}

async function residentOf({ id, process, state }: Found): Promise<number> {
  if (state.is !== 'running') return 0;
  const sizes = await Promise.all(membersOf({ leader: process, launch: id }, true).map(residentBytes));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`;
