import type { RolloutSpec } from '../../packages/gonogo/src/domain/event.ts';
import type { Plan } from '../../packages/gonogo/src/domain/plan.ts';
import { otherSlot } from '../../packages/gonogo/src/domain/slot.ts';
import type { Proven, State } from '../../packages/gonogo/src/domain/state.ts';
import { blueGreen } from '../../packages/gonogo/src/strategies/blue-green.ts';
import { inPlace } from '../../packages/gonogo/src/strategies/in-place.ts';
import { warmRollback } from '../../packages/gonogo/src/strategies/warm-rollback.ts';
import type { World as Seen } from '../../packages/gonogo/src/strategies/world.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

const target = { project: 'p', service: 'shop', environment: 'production', host: 'local' };
const front = { host: '127.0.0.1', port: 8080 };
const watch = { for: 5_000, errors: 0.01, p99: 1.5, minRequests: 50 };
const size = { replicas: 2, startWithin: 60_000 };

export type Asked = {
  readonly id: number;
  readonly random: Random;
  readonly state: State;
  readonly world: World;
  /** What to roll back to; absent: deploy something new. */
  readonly target?: Proven;
};

/** Plans with the real strategies, from what the simulated world is now. */
export function wishFor({ id, random, state, world, target: back }: Asked): {
  spec: RolloutSpec;
  plan: Plan;
} {
  const strategy = random.pick(['blue-green', 'in-place'] as const);
  const warm = back && state.warm?.revision === back.revision ? state.warm : undefined;
  const slot = warm?.slot ?? (state.live ? otherSlot(state.live.slot) : 'blue');
  const settings = { strategy, watch, keep: 60_000, address: '127.0.0.1' };
  const revision = back?.revision ?? `r${id}`;
  const next = { slot, revision, releaseDigest: `sha256:${revision}` };
  const there = warm ? undefined : world.slots[slot];
  const seen: Seen = {
    target,
    spec: settings,
    front,
    split: world.split,
    next: { ...next, ...size },
    ...(state.live ? { live: { ...state.live, ...size } } : {}),
    ...(there ? { occupied: [{ role: 'web', revision: there.revision }] } : {}),
  };
  const spec: RolloutSpec = {
    id: `rollout-${id}`,
    kind: back ? 'rollback' : 'deploy',
    target,
    settings,
    next,
    front,
    by: 'simulation',
    ...(state.live ? { previous: state.live } : {}),
    ...(state.live && (warm || strategy === 'blue-green') ? { keep: settings.keep } : {}),
  };
  return {
    spec,
    plan: warm ? warmRollback(seen) : { 'blue-green': blueGreen, 'in-place': inPlace }[strategy](seen),
  };
}
