import type { StatsWire } from '../wire/proxy.ts';
import { weightOf } from './choose.ts';
import { countsOf } from './counters.ts';
import type { Front } from './front.ts';
import type { Routes } from './routes.ts';
import type { Table } from './table.ts';

const startedAt = Date.now() / 1000 - process.uptime();

/** Everything this process has counted. */
export function statsOf(table: Table, { routes, front }: { routes: Routes; front: Front }): StatsWire {
  const { user, system } = process.cpuUsage();
  return {
    pid: process.pid,
    startedAt,
    rss: process.memoryUsage.rss(),
    cpu: (user + system) / 1e6,
    connections: front.connections(),
    targets: table.flatMap(({ target, generation, split }) => {
      const route = routes.route(target);
      if (!route) return [];
      const slots = (['blue', 'green'] as const).map((slot) => {
        const pool = route.pools[slot];
        const weight = weightOf(split, slot, pool);
        return { slot, members: pool.upstreams.length, weight, ...countsOf(pool.traffic) };
      });
      return [{ target, generation, held: route.held, slots }];
    }),
  };
}
