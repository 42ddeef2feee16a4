import { judge, noTraffic, type Traffic } from '../../../packages/gonogo/src/domain/judge.ts';
import type { Outcome, WorkOf } from '../../../packages/gonogo/src/domain/plan.ts';
import { servingSlots } from '../../../packages/gonogo/src/domain/split.ts';
import { complaint } from '../world/evidence.ts';
import { isReady, type Pool } from '../world/runtime.ts';
import type { World } from '../world/world.ts';
import { failed, fenceOff, givenUp, leaseLost, ok, type SimulatedPerformer } from './call.ts';

/** How many requests a pool answers between two looks at it. */
const requests = 60;
const looks = 3;

/** Looks at a pool under traffic: its errors, its instances, whether users still come to it; fails at the first flaw. */
export const watchPerformer: SimulatedPerformer<'watch'> = {
  *perform({ world }, work, call) {
    if (!fenceOff(world, call)) return leaseLost;
    const restarts = world.runtime.pool(work.pool)?.restarts ?? 0;
    let seen = noTraffic;
    for (let look = 1; look <= looks; look++) {
      yield work.rules.for / looks;
      if (call.cancelled) return givenUp;
      const pool = world.runtime.pool(work.pool);
      seen = { ...seen, ...traffic(seen, pool) };
      const isOver = look === looks;
      const wrong = wrongWith(world, work, { pool, restarts, seen, isOver });
      if (wrong !== undefined) return fail(world, wrong);
    }
    return ok([world.evidence.put()]);
  },
  look: () => 'not-begun',
};

type Seen = {
  readonly pool: Pool | undefined;
  readonly restarts: number;
  readonly seen: Traffic;
  readonly isOver: boolean;
};

function wrongWith(
  world: World,
  work: WorkOf<'watch'>,
  { pool, restarts, seen, isOver }: Seen,
): string | undefined {
  if (!pool) return 'every instance is gone';
  if (pool.restarts > restarts || pool.instances.some(({ health }) => health === 'ended'))
    return complaint(world.step);
  const judgement = judge(work.rules, { green: seen, blue: noTraffic, isOver });
  if (judgement.is === 'regressed') return judgement.why;
  if (!isOver) return undefined;
  if (!pool.instances.every((instance) => isReady(instance, world.clock.mono))) return 'not all are ready';
  if (!servingSlots(world.router.served).includes(work.pool.slot)) return 'users were sent elsewhere';
  world.router.confirmedAt = world.step;
  return undefined;
}

const fail = (world: World, why: string): Outcome =>
  failed(world.evidence.clean(why), [world.evidence.put(), world.evidence.put()]);

function traffic(before: Traffic, pool: Pool | undefined): Pick<Traffic, 'requests' | 'errors'> {
  const count = pool?.instances.length ?? 0;
  const erring = pool?.instances.filter(({ health }) => health !== 'well').length ?? 0;
  return {
    requests: before.requests + requests,
    errors: before.errors + (count === 0 ? 0 : Math.round((requests * erring) / count)),
  };
}
