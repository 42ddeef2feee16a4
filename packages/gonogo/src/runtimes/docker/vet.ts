import { readFile } from 'node:fs/promises';
import type { PoolSpec } from '../../ports/runtime.ts';
import { residentBytes } from '../../system/memory.ts';
import { diskFault, memoryFault } from '../room.ts';
import { asked } from './engine.ts';
import { imageOf } from './image.ts';
import type { DockerTools } from './tools.ts';
import { type Found, look } from './world.ts';

/** Why so many more containers have no room beside what runs. Fails with IMAGE_MISSING or IMAGE_PLATFORM. */
export async function vet(
  tools: DockerTools,
  { pool, count, artifact }: Pick<PoolSpec, 'pool' | 'count' | 'artifact'>,
): Promise<string | undefined> {
  const { engine } = tools;
  await imageOf(engine, artifact);
  const { DockerRootDir: root } = (await asked(engine, 'describe itself', engine.calls.info())) as {
    DockerRootDir: string;
  };
  // An engine in a machine of its own keeps its files where this one has none.
  const disk = await diskFault(root).catch(() => undefined);
  if (disk !== undefined) return disk;
  const running = (await look(tools, pool.target)).filter(({ place }) => place.pool.role === pool.role);
  return await memoryFault(count, await Promise.all(running.map(residentOf)));
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
