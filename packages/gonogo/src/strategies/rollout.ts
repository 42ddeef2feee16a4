import type { EnvironmentSpec, StrategyName } from '../domain/environment.ts';
import type { Placed, RolloutSpec } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import { otherSlot, type SlotName } from '../domain/slot.ts';
import { isStuck, type State } from '../domain/state.ts';
import { blueGreen } from './blue-green.ts';
import { canary } from './canary.ts';
import { inPlace } from './in-place.ts';
import { rolling } from './rolling.ts';
import { warmRollback } from './warm-rollback.ts';
import type { World } from './world.ts';

/** What somebody asked for, but for the revision, which the world has as `next`. */
export type Asked = Pick<RolloutSpec, 'id' | 'kind' | 'target' | 'settings' | 'by'>;

/** A plan, and what is frozen with it. */
export type Planned = { readonly spec: RolloutSpec; readonly plan: Plan };

const strategies = { 'in-place': inPlace, rolling, 'blue-green': blueGreen, canary };

/** The strategies that leave what served before standing. */
const keepsWarm: readonly StrategyName[] = ['blue-green', 'canary'];

/** The rollout that was asked for, in this world; `isUp`: what is gone back to runs already, and one flip is enough. */
export function planFor({ id, kind, target, settings, by }: Asked, world: World, isUp: boolean): Planned {
  const { strategy, keep } = world.spec;
  const { front, live, next } = world;
  const staysUp = isUp || keepsWarm.includes(strategy);
  const spec: RolloutSpec = {
    ...{ id, kind, target, settings, by, front },
    next: placed(next),
    ...(live ? { previous: placed(live) } : {}),
    ...(live && staysUp ? { keep } : {}),
  };
  return { spec, plan: isUp ? warmRollback(world) : strategies[strategy](world) };
}

const placed = ({ slot, revision, releaseDigest, workers }: Placed): Placed => ({
  slot,
  revision,
  releaseDigest,
  ...(workers ? { workers } : {}),
});

/** What a rollout goes by: who goes back wants to be back, so nobody is asked, and users move together. */
export function settingsOf({ kind, settings }: Pick<Asked, 'kind' | 'settings'>): EnvironmentSpec {
  if (kind === 'deploy') return settings;
  const { approve: _, quiet: __, strategy, ...rest } = settings;
  return { ...rest, strategy: strategy === 'canary' ? 'blue-green' : strategy };
}

/** Where a revision may be up: kept warm, or live when the last rollout got stuck and left users elsewhere. */
export function keptPlaces(state: State, revision: string): Placed[] {
  const kept = isStuck(state) ? [state.warm, state.live] : [state.warm];
  return kept.filter((place) => place !== undefined).filter((place) => place.revision === revision);
}

/** Where what is not up goes: the slot that nobody is in. */
export const freeSlot = ({ live }: State): SlotName => (live ? otherSlot(live.slot) : 'blue');
