import type { Assembly } from '../assemble.ts';
import type { Environments } from './environments.ts';

/** Stops every instance and every front of this state folder; answers how many there were. Users are served no more. */
export async function stopEverything(assembly: Assembly, environments: Environments): Promise<number> {
  await environments.close();
  let stopped = 0;
  for (const { target } of await environments.all()) {
    if (!target) continue;
    if ((await assembly.router.observe(target)).generation > 0) {
      await assembly.router.unpublish(target);
      stopped++;
    }
    const pools = await assembly.runtime.observe(target);
    await Promise.all(
      pools.map(async ({ pool, revision, instances }) => {
        stopped += instances.length;
        const { release } = await assembly.stores.revisions.open(revision);
        await assembly.runtime.remove(pool, release.manifest.run.grace);
      }),
    );
  }
  return stopped;
}
