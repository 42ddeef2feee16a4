import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureKeeper, type KeeperLink } from '../../packages/gonogo/src/agent/keeper.ts';
import type { Router } from '../../packages/gonogo/src/ports/router.ts';
import { embeddedRouter } from '../../packages/gonogo/src/routers/embedded/index.ts';
import type { Tending } from '../../packages/gonogo/src/routers/embedded/proxies.ts';
import { isAlive } from '../../packages/gonogo/src/system/process.ts';
import { type StateFolder, stateFolder } from '../../packages/gonogo/src/system/state.ts';
import type { RouterHost } from './router.ts';

/** The embedded router on a state folder and a keeper of its own; closing leaves neither a process nor a file. */
export type EmbeddedHost = Omit<RouterHost, 'again'> & {
  readonly state: StateFolder;
  readonly keeper: KeeperLink;
  /** As an agent does that was started anew; with `tend` it also looks after the proxies. */
  again(tend?: Tending): Promise<Router>;
  /** The process that serves users, of the one proxy there is. */
  proxyPid(): Promise<number>;
  /** Kills the keeper at once, and connects to the one that takes its place. */
  replaceKeeper(): Promise<void>;
};

export async function routerHost(): Promise<EmbeddedHost> {
  const state = stateFolder(await mkdtemp(join(tmpdir(), 'gonogo-router-')));
  const keeper = await ensureKeeper(state.root);
  const orphans = new Set<number>();
  const again = (tend?: Tending) =>
    embeddedRouter({ keeper, folder: state.proxies, ...(tend ? { tend } : {}) });
  const proxies = async () =>
    (await keeper.call('list', undefined)).filter((one) => one.labels.is === 'proxy');
  return {
    state,
    keeper,
    router: again(),
    again: async (tend) => again(tend),
    proxyPid: async () => {
      const [proxy] = await proxies();
      if (!proxy) throw new Error('the keeper runs no proxy');
      return proxy.pid;
    },
    replaceKeeper: async () => {
      for (const proxy of await proxies()) orphans.add(proxy.pid);
      const { pid } = await keeper.call('hello', undefined);
      process.kill(pid, 'SIGKILL');
      while ((await keeper.call('hello', undefined).catch(() => ({ pid }))).pid === pid) await sleep(20);
    },
    close: async () => {
      for (const proxy of await proxies()) {
        await keeper.call('forget', { key: proxy.key });
        if (!proxy.ended && isAlive(proxy)) process.kill(proxy.pid, 'SIGKILL');
      }
      for (const pid of orphans) killIfThere(pid);
      const { pid } = await keeper.call('hello', undefined);
      keeper.close();
      process.kill(pid, 'SIGKILL');
      await rm(state.root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // It ended by itself.
  }
}
