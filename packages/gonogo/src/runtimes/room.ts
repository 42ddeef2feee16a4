import { statfs } from 'node:fs/promises';
import type { Room } from '../ports/runtime.ts';
import { availableBytes } from '../system/memory.ts';

/** Below this the output of instances and the journal have no room, in bytes. */
const leastDisk = 64 * 1024 * 1024;

/** Asks one question after another, until there is no room. */
export async function askInTurn(...questions: readonly (() => Promise<Room>)[]): Promise<Room> {
  let asked: Room['asked'] = {};
  for (const question of questions) {
    const room = await question();
    asked = { ...asked, ...room.asked };
    if (room.fault !== undefined) return { ...room, asked };
  }
  return { asked };
}

/** Whether a folder has room for what instances write. */
export async function diskRoom(folder: string): Promise<Room> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const [has, needs] = [size(free), `what instances write needs ${size(leastDisk)}`];
  const asked = { [`disk of ${folder}`]: `${has} are free, and ${needs}` };
  if (free >= leastDisk) return { asked };
  return { asked, fault: `only ${has} are free on the disk of ${folder}, and ${needs}: make room there` };
}

/**
 * Whether so many more instances have room beside what runs: by what the largest one of the same role takes now, because
 * nobody knows yet what the new ones will take. `sizes` are what those take, in bytes.
 */
export async function memoryRoom(count: number, sizes: readonly number[]): Promise<Room> {
  const needed = count * Math.max(0, ...sizes);
  const free = await availableBytes();
  const more = `${count} more instance${count === 1 ? '' : 's'}`;
  const takes = needed === 0 ? `what ${more} may take is not known yet` : `${more} may take ${size(needed)}`;
  const asked = { memory: `${size(free)} are free, and ${takes}` };
  if (needed <= free) return { asked };
  return { asked, fault: `${more} may take ${size(needed)} of memory, and ${size(free)} are free` };
}

/** `67 MB`, and from ten on `83 GB`. */
const size = (bytes: number): string =>
  bytes < 10_000_000_000 ? `${Math.round(bytes / 1_000_000)} MB` : `${Math.round(bytes / 1_000_000_000)} GB`;
