import type { EnvironmentSpec } from '../../packages/gonogo/src/domain/environment.ts';
import type { Placed } from '../../packages/gonogo/src/domain/event.ts';
import type { Proven, State } from '../../packages/gonogo/src/domain/state.ts';
import {
  freeSlot,
  keptPlaces,
  type Planned,
  planFor,
  settingsOf,
} from '../../packages/gonogo/src/strategies/rollout.ts';
import type { World as Seen, Sized } from '../../packages/gonogo/src/strategies/world.ts';
import type { Schedule } from './schedule.ts';
import { isUp } from './world/runtime.ts';
import type { World } from './world/world.ts';

const target = { project: 'p', service: 'shop', environment: 'production', host: 'local' };
const front = { host: '127.0.0.1', port: 8080 };
const watch = { for: 5_000, errors: 0.01, p99: 1.5, minRequests: 50 };
const keep = 60_000;

const names = ['blue-green', 'in-place', 'rolling', 'canary'] as const;
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
export function wishFor({ id, schedule, state, world, back, revision }: Asked): Planned {
  const kind = back ? 'rollback' : 'deploy';
  const asked = {
    id: `rollout-${id}`,
    kind,
    target,
    settings: someSettings(schedule),
    by: 'somebody',
  } as const;
  const warm = back && stillUp(state, world, revision);
  const seen = observe(state, world, { revision, warm, settings: settingsOf(asked), isDeploy: !back });
  return planFor(asked, seen, warm !== undefined);
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

/** Where a revision is up already. */
const stillUp = (state: State, { runtime }: World, revision: string): Placed | undefined =>
  keptPlaces(state, revision).find(({ slot }) => {
    const pool = runtime.web(slot);
    return pool?.revision === revision && pool.instances.some(isUp);
  });

type Observing = {
  readonly revision: string;
  readonly warm: Placed | undefined;
  readonly settings: EnvironmentSpec;
  readonly isDeploy: boolean;
};

function observe(state: State, world: World, { revision, warm, settings, isDeploy }: Observing): Seen {
  const slot = warm?.slot ?? freeSlot(state);
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
