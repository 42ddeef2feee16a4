import type { Placed, RolloutSpec } from '../../packages/gonogo/src/domain/event.ts';
import type { Plan } from '../../packages/gonogo/src/domain/plan.ts';
import { otherSlot } from '../../packages/gonogo/src/domain/slot.ts';
import { isStuck, type Proven, type State } from '../../packages/gonogo/src/domain/state.ts';
import { blueGreen } from '../../packages/gonogo/src/strategies/blue-green.ts';
import { inPlace } from '../../packages/gonogo/src/strategies/in-place.ts';
import { warmRollback } from '../../packages/gonogo/src/strategies/warm-rollback.ts';
import type { World as Planned } from '../../packages/gonogo/src/strategies/world.ts';
import type { Schedule } from './schedule.ts';
import { isUp } from './world/runtime.ts';
import type { World } from './world/world.ts';

const target = { project: 'p', service: 'shop', environment: 'production', host: 'local' };
const front = { host: '127.0.0.1', port: 8080 };
const watch = { for: 5_000, errors: 0.01, p99: 1.5, minRequests: 50 };
const size = { replicas: 2, startWithin: 60_000 };
const keep = 60_000;

const strategies = { 'blue-green': blueGreen, 'in-place': inPlace };
const names = ['blue-green', 'in-place'] as const;

export type Asked = {
  readonly id: number;
  readonly schedule: Schedule;
  readonly state: State;
  readonly world: World;
  /** What to roll back to; absent: deploy something new. */
  readonly back?: Proven;
};

/** Plans with the real strategies, from what the simulated world is now: as `engine/plan.ts` does. */
export function wishFor({ id, schedule, state, world, back }: Asked): { spec: RolloutSpec; plan: Plan } {
  const strategy = schedule.pick(names);
  const settings = { strategy, watch, keep, address: '127.0.0.1' };
  const revision = back?.revision ?? `r${id}`;
  const warm = back && stillUp(state, world, revision);
  const slot = warm?.slot ?? (state.live ? otherSlot(state.live.slot) : 'blue');
  const live = state.live && state.live.slot !== slot ? { ...state.live, ...size } : undefined;
  const there = warm ? undefined : world.runtime.web(slot);
  const next = { slot, revision, releaseDigest: `sha256:${revision}` };
  const seen: Planned = {
    target,
    spec: settings,
    front,
    split: world.router.stored,
    next: { ...next, ...size },
    ...(live ? { live } : {}),
    ...(there && there.instances.length > 0
      ? { occupied: { slot, revision: there.revision, releaseDigest: '' } }
      : {}),
  };
  const spec: RolloutSpec = {
    id: `rollout-${id}`,
    kind: back ? 'rollback' : 'deploy',
    target,
    settings,
    next,
    front,
    by: 'simulation',
    ...(live ? { previous: placed(live) } : {}),
    ...(live && (warm || strategy === 'blue-green') ? { keep } : {}),
  };
  return { spec, plan: warm ? warmRollback(seen) : strategies[strategy](seen) };
}

const placed = ({ slot, revision, releaseDigest }: Placed): Placed => ({ slot, revision, releaseDigest });

/** Where a revision is up already: kept warm, or live when the last rollout got stuck and left users elsewhere. */
function stillUp(state: State, { runtime }: World, revision: string): Placed | undefined {
  const kept = isStuck(state) ? [state.warm, state.live] : [state.warm];
  return kept.find((one) => {
    const pool = one?.revision === revision ? runtime.web(one.slot) : undefined;
    return pool?.revision === revision && pool.instances.some(isUp);
  });
}
