import type { Assembly } from '../assemble.ts';
import type { Environments } from './environments.ts';

/** How long a rollout that runs is given to be put back first. */
const patience = 60_000;

/**
 * Stops every instance and every front of this state folder, after putting back what is being rolled out; answers how
 * many there were. Users are served no more.
 */
export async function stopEverything(assembly: Assembly, environments: Environments): Promise<number> {
  await environments.putBack('gonogo agent stop --all', patience);
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
