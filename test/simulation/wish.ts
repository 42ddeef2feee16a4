import type { EnvironmentSpec, StrategyName } from '../../packages/gonogo/src/domain/environment.ts';
import type { Placed, RolloutSpec } from '../../packages/gonogo/src/domain/event.ts';
import type { Plan } from '../../packages/gonogo/src/domain/plan.ts';
import { otherSlot } from '../../packages/gonogo/src/domain/slot.ts';
import { isStuck, type Proven, type State } from '../../packages/gonogo/src/domain/state.ts';
import { blueGreen } from '../../packages/gonogo/src/strategies/blue-green.ts';
import { canary } from '../../packages/gonogo/src/strategies/canary.ts';
import { inPlace } from '../../packages/gonogo/src/strategies/in-place.ts';
import { rolling } from '../../packages/gonogo/src/strategies/rolling.ts';
import { warmRollback } from '../../packages/gonogo/src/strategies/warm-rollback.ts';
import type { World as Planned, Sized } from '../../packages/gonogo/src/strategies/world.ts';
import type { Schedule } from './schedule.ts';
import { isUp } from './world/runtime.ts';
import type { World } from './world/world.ts';

const target = { project: 'p', service: 'shop', environment: 'production', host: 'local' };
const front = { host: '127.0.0.1', port: 8080 };
const watch = { for: 5_000, errors: 0.01, p99: 1.5, minRequests: 50 };
const keep = 60_000;

const strategies = { 'in-place': inPlace, rolling, 'blue-green': blueGreen, canary };
const names = ['blue-green', 'in-place', 'rolling', 'canary'] as const;
const keepsWarm: readonly StrategyName[] = ['blue-green', 'canary'];

export type Asked = {
  readonly id: number;
  readonly revision: string;
  readonly schedule: Schedule;
  readonly state: State;
  readonly world: World;
  /** What to roll back to; absent: deploy something new. */
  readonly back?: Proven;
};

/** Plans with the real strategies, from what the simulated world is now: as `engine/plan.ts` does. */
export function wishFor({ id, schedule, state, world, back, revision }: Asked): {
  spec: RolloutSpec;
  plan: Plan;
} {
  const settings = someSettings(schedule);
  const asked = back ? withoutDelay(settings) : settings;
  const warm = back && stillUp(state, world, revision);
  const seen = observe(state, world, { revision, warm, settings: asked, isDeploy: back === undefined });
  const staysUp = warm !== undefined || keepsWarm.includes(asked.strategy);
  const spec: RolloutSpec = {
    id: `rollout-${id}`,
    kind: back ? 'rollback' : 'deploy',
    target,
    settings,
    next: placed(seen.next),
    front,
    by: 'simulation',
    ...(seen.live ? { previous: placed(seen.live) } : {}),
    ...(seen.live && staysUp ? { keep } : {}),
  };
  return { spec, plan: warm ? warmRollback(seen) : strategies[asked.strategy](seen) };
}

/** What the environment asks for this time. */
function someSettings(schedule: Schedule): EnvironmentSpec {
  const strategy = schedule.pick(names);
  const approve = schedule.chance(0.15)
    ? { within: 3_600_000, otherwise: schedule.pick(['abort', 'go'] as const) }
    : undefined;
  return {
    strategy,
    watch,
    keep,
    address: '127.0.0.1',
    ...(approve ? { approve } : {}),
    ...(schedule.chance(0.15) ? { quiet: 'hold' } : {}),
    ...(strategy === 'canary' ? { canary: { weights: [20], each: 3_000 } } : {}),
  };
}

/** Who goes back wants to be back: nobody is asked, and users move together. */
function withoutDelay({ approve: _, quiet: __, strategy, ...rest }: EnvironmentSpec): EnvironmentSpec {
  return { ...rest, strategy: strategy === 'canary' ? 'blue-green' : strategy };
}

const placed = ({ slot, revision, releaseDigest, workers }: Placed): Placed => ({
  slot,
  revision,
  releaseDigest,
  ...(workers ? { workers } : {}),
});

/** Where a revision is up already: kept warm, or live when the last rollout got stuck and left users elsewhere. */
function stillUp(state: State, { runtime }: World, revision: string): Placed | undefined {
  const kept = isStuck(state) ? [state.warm, state.live] : [state.warm];
  return kept.find((one) => {
    const pool = one?.revision === revision ? runtime.web(one.slot) : undefined;
    return pool?.revision === revision && pool.instances.some(isUp);
  });
}

type Observing = {
  readonly revision: string;
  readonly warm: Placed | undefined;
  readonly settings: EnvironmentSpec;
  readonly isDeploy: boolean;
};

function observe(state: State, world: World, { revision, warm, settings, isDeploy }: Observing): Planned {
  const slot = warm?.slot ?? (state.live ? otherSlot(state.live.slot) : 'blue');
  const migration = isDeploy ? world.releases.get(revision)?.migration : undefined;
  const pools = warm ? [] : [...world.runtime.pools.values()];
  const occupied = pools.filter((pool) => pool.slot === slot && pool.instances.length > 0);
  return {
    target,
    spec: settings,
    front,
    split: world.router.stored,
    next: {
      ...{ slot, revision, releaseDigest: `sha256:${revision}` },
      ...sizeOf(world, revision),
      ...(migration ? { migrate: migration } : {}),
    },
    ...(state.live && state.live.slot !== slot
      ? { live: { ...state.live, ...sizeOf(world, state.live.revision) } }
      : {}),
    ...(occupied.length > 0 ? { occupied } : {}),
  };
}

function sizeOf({ releases }: World, revision: string): Omit<Sized, keyof Placed> & Pick<Placed, 'workers'> {
  const size = { replicas: 2, startWithin: 60_000 };
  const roles = releases.get(revision)?.workers ?? [];
  return roles.length === 0 ? size : { ...size, roles, workers: roles.map(({ role }) => role) };
}
