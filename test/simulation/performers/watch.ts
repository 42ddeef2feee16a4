import { judge, noTraffic, type Traffic } from '../../../packages/gonogo/src/domain/judge.ts';
import type { Outcome, WorkOf } from '../../../packages/gonogo/src/domain/plan.ts';
import { servingSlots } from '../../../packages/gonogo/src/domain/split.ts';
import { complaint } from '../world/evidence.ts';
import type { Pool } from '../world/runtime.ts';
import type { World } from '../world/world.ts';
import { failed, fenceOff, givenUp, leaseLost, ok, type SimulatedPerformer } from './call.ts';

/** How often a pool is looked at. */
const looks = 3;

/** Looks at a pool under traffic: its errors, its instances, whether users still come to it; fails at the first flaw. */
export const watchPerformer: SimulatedPerformer<'watch'> = {
  *perform({ world }, work, call) {
    if (!fenceOff(world, call)) return leaseLost;
    const ids = [work.pool, ...(work.workers ?? [])];
    const restarts = ids.map((id) => world.runtime.pool(id)?.restarts ?? 0);
    let seen = noTraffic;
    for (let look = 1; look <= looks; look++) {
      yield work.rules.for / looks;
      if (call.cancelled) return givenUp;
      const pools = ids.map((id) => world.runtime.pool(id));
      seen = { ...seen, ...traffic(world, seen, pools[0]) };
      const wrong = wrongWith(world, work, { pools, restarts, seen, isOver: look === looks });
      if (wrong !== undefined) return fail(world, wrong);
    }
    const { is } = judge(work.rules, { green: seen, blue: noTraffic, isOver: true });
    const provenBy = is === 'unknown' ? 'checks' : 'traffic';
    return { ...ok([world.evidence.put()]), provenBy };
  },
  look: () => 'not-begun',
};

type Seen = {
  /** The pool that takes traffic, and then those that do not. */
  readonly pools: readonly (Pool | undefined)[];
  readonly restarts: readonly number[];
  readonly seen: Traffic;
  readonly isOver: boolean;
};

function wrongWith(
  world: World,
  work: WorkOf<'watch'>,
  { pools, restarts, seen, isOver }: Seen,
): string | undefined {
  const ended = pools.some((pool, i) => pool && hasEnded(pool, restarts[i] ?? 0));
  if (ended) return complaint(world.step);
  const [web] = pools;
  if (!web || !pools.every(Boolean)) return 'every instance is gone';
  const judgement = judge(work.rules, { green: seen, blue: noTraffic, isOver });
  if (judgement.is === 'regressed') return judgement.why;
  if (!isOver) return undefined;
  if (web.instances.some(({ health }) => health === 'erring')) return complaint(world.step);
  if (world.ready(web).length < web.instances.length) return 'not all are ready';
  if (!servingSlots(world.router.served).includes(work.pool.slot)) return 'users were sent elsewhere';
  world.router.confirmedAt = world.step;
  return undefined;
}

const hasEnded = (pool: Pool, restarts: number): boolean =>
  pool.restarts > restarts || pool.instances.some(({ health }) => health === 'ended');

const fail = (world: World, why: string): Outcome =>
  failed(world.evidence.clean(why), [world.evidence.put(), world.evidence.put()]);

function traffic(
  world: World,
  before: Traffic,
  pool: Pool | undefined,
): Pick<Traffic, 'requests' | 'errors'> {
  const requests = world.isQuiet ? 3 : 60;
  const count = pool?.instances.length ?? 0;
  const erring = pool?.instances.filter(({ health }) => health !== 'well').length ?? 0;
  return {
    requests: before.requests + requests,
    errors: before.errors + (count === 0 ? 0 : Math.round((requests * erring) / count)),
  };
}
