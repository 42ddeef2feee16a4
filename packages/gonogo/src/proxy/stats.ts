import type { StatsWire } from '../wire/proxy.ts';
import { weightOf } from './choose.ts';
import type { Pool } from './claim.ts';
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
        const [members, inFlight] = [pool.upstreams.length, inFlightOf(pool)];
        return { slot, members, weight, ...countsOf(pool.traffic), inFlight };
      });
      return [{ target, generation, held: route.held, slots }];
    }),
  };
}

/** Also to those who were in the slot before it was filled anew, of whom its counts say nothing. */
const inFlightOf = ({ upstreams, leaving }: Pool): number =>
  [...upstreams, ...leaving].reduce((sum, { inFlight }) => sum + inFlight, 0);
