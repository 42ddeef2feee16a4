import { dirname } from 'node:path';
import type { PoolSpec, Room } from '../../ports/runtime.ts';
import { residentBytes } from '../../system/memory.ts';
import { askInTurn, diskRoom, memoryRoom } from '../room.ts';
import { membersOf } from './group.ts';
import type { ProcessTools } from './tools.ts';
import { type Found, look } from './world.ts';

/** Whether so many more instances have room beside what runs. */
export async function vet(
  tools: ProcessTools,
  { pool, count }: Pick<PoolSpec, 'pool' | 'count'>,
): Promise<Room> {
  return await askInTurn(
    // The folder itself is made with the first instance.
    () => diskRoom(dirname(tools.folder)),
    async () => {
      const running = (await look(tools, pool.target)).filter(({ place }) => place.pool.role === pool.role);
      return await memoryRoom(count, await Promise.all(running.map(residentOf)));
    },
  );
}

async function residentOf({ id, process, state }: Found): Promise<number> {
  if (state.is !== 'running') return 0;
  const sizes = await Promise.all(membersOf({ leader: process, launch: id }, true).map(residentBytes));
  return sizes.reduce((sum, size) => sum + size, 0);
}
