import type { Processes } from '../../api/contract.ts';
import { columns } from './columns.ts';
import { bytes } from './time.ts';

/** `gonogo agent status`: what runs for this state folder. */
export const processLines = ({ agent, proxies, instances }: Processes): string[] => [
  ...columns([
    ['agent', `pid ${agent.pid}`, bytes(agent.rss), `${agent.version}, state in ${agent.root}`],
    ...proxies.map(({ pid, rss, listen }) => ['proxy', `pid ${pid}`, bytes(rss), listen.join(', ')]),
  ]),
  `${instances} instance${instances === 1 ? '' : 's'}`,
];
