import type { Processes } from '../api/contract.ts';
import { residentBytes } from '../system/memory.ts';
import { version } from '../system/version.ts';
import type { Launched } from '../wire/keeper.ts';
import type { KeeperLink } from './keeper.ts';

/** What the agent and the proxies take on this machine, and how many instances run. */
export async function processes(root: string, keeper: KeeperLink): Promise<Processes> {
  const alive = (await keeper.call('list', undefined)).filter((launched) => !launched.ended);
  const proxies = alive.filter(isProxy);
  return {
    agent: { pid: process.pid, version: version(), rss: process.memoryUsage.rss(), root },
    proxies: await Promise.all(
      proxies.map(async ({ pid, labels }) => ({
        pid,
        rss: await residentBytes(pid),
        listen: listenOf(labels),
      })),
    ),
    instances: alive.length - proxies.length,
  };
}

const isProxy = ({ key }: Launched): boolean => key.startsWith('proxy/');

const listenOf = (labels: Launched['labels']): string[] =>
  labels.listen === undefined ? [] : [labels.listen.replace(' ', ':')];
