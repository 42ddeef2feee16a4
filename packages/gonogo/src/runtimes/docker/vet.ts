import { readFile } from 'node:fs/promises';
import type { PoolSpec, Room } from '../../ports/runtime.ts';
import { residentBytes } from '../../system/memory.ts';
import { askInTurn, diskRoom, memoryRoom } from '../room.ts';
import { asked, type Engine } from './engine.ts';
import { imageOf } from './image.ts';
import type { DockerTools } from './tools.ts';
import { type Found, look } from './world.ts';

/** Whether so many more containers have room beside what runs. Fails with IMAGE_MISSING or IMAGE_PLATFORM. */
export async function vet(
  tools: DockerTools,
  { pool, count, artifact }: Pick<PoolSpec, 'pool' | 'count' | 'artifact'>,
): Promise<Room> {
  return await askInTurn(
    () => imageThere(tools.engine, artifact),
    () => engineDisk(tools.engine),
    async () => {
      const running = (await look(tools, pool.target)).filter(({ place }) => place.pool.role === pool.role);
      return await memoryRoom(count, await Promise.all(running.map(residentOf)));
    },
  );
}

async function imageThere(engine: Engine, id: string): Promise<Room> {
  await imageOf(engine, id);
  return { asked: { image: 'is here, for this kind of machine' } };
}

/** An engine in a machine of its own keeps its files where this one has none. */
async function engineDisk(engine: Engine): Promise<Room> {
  const { DockerRootDir: root } = (await asked(engine, 'describe itself', engine.calls.info())) as {
    DockerRootDir: string;
  };
  return await diskRoom(root).catch(() => ({ asked: { [`disk of ${root}`]: 'cannot be seen from here' } }));
}

async function residentOf({ state }: Found): Promise<number> {
  if (state.is !== 'running') return 0;
  const sizes = await Promise.all((await withDescendants(state.pid)).map(residentBytes));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Everything in a container descends from its first process, proc_pid_task(5). */
async function withDescendants(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => ''); // It ended while we looked.
  const children = text.trim().split(' ').filter(Boolean).map(Number);
  return [pid, ...(await Promise.all(children.map(withDescendants))).flat()];
}
