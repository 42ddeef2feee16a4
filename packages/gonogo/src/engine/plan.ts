import type { EnvironmentSpec } from '../domain/environment.ts';
import type { Placed, RolloutSpec } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import type { Revision } from '../domain/revision.ts';
import { otherSlot } from '../domain/slot.ts';
import { isStuck, type State } from '../domain/state.ts';
import type { Target } from '../domain/target.ts';
import type { Revisions } from '../ports/revisions.ts';
import type { Router } from '../ports/router.ts';
import type { ObservedPool, Runtime } from '../ports/runtime.ts';
import { blueGreen } from '../strategies/blue-green.ts';
import { inPlace } from '../strategies/in-place.ts';
import { warmRollback } from '../strategies/warm-rollback.ts';
import type { World } from '../strategies/world.ts';
import { chooseFront } from './front.ts';

/** What a user asked for. */
export type Wish = {
  readonly id: string;
  readonly kind: RolloutSpec['kind'];
  readonly target: Target;
  readonly settings: EnvironmentSpec;
  readonly revision: Revision;
  readonly by: string;
};

export type PlanTools = { readonly runtime: Runtime; readonly router: Router; readonly revisions: Revisions };

const strategies = { 'blue-green': blueGreen, 'in-place': inPlace };

/** Makes the plan of a rollout from what is wished for and what the world is now. Changes nothing. */
export async function planRollout(
  tools: PlanTools,
  state: State,
  wish: Wish,
): Promise<{ spec: RolloutSpec; plan: Plan }> {
  const { strategy, keep } = wish.settings;
  const pools = await tools.runtime.observe(wish.target);
  const warm = wish.kind === 'rollback' ? stillUp(state, wish.revision.id, pools) : undefined;
  const world = await observe(tools, state, { wish, warm, pools });
  const staysUp = warm !== undefined || strategy === 'blue-green';
  const spec: RolloutSpec = {
    id: wish.id,
    kind: wish.kind,
    target: wish.target,
    settings: wish.settings,
    next: placed(world.next),
    front: world.front,
    by: wish.by,
    ...(world.live ? { previous: placed(world.live) } : {}),
    ...(world.live && staysUp ? { keep } : {}),
  };
  return { spec, plan: warm ? warmRollback(world) : strategies[strategy](world) };
}

const placed = ({ slot, revision, releaseDigest }: Placed): Placed => ({ slot, revision, releaseDigest });

/** Where a revision is up already: kept warm, or live when the last rollout got stuck and left users elsewhere. */
function stillUp(state: State, revision: string, pools: readonly ObservedPool[]): Placed | undefined {
  const kept = isStuck(state) ? [state.warm, state.live] : [state.warm];
  return kept.find(
    (placed) =>
      placed?.revision === revision &&
      pools.some((one) => one.pool.slot === placed.slot && one.revision === revision && hasRunning(one)),
  );
}

const hasRunning = ({ instances }: ObservedPool): boolean =>
  instances.some((instance) => instance.state.is === 'running');

type Observing = {
  readonly wish: Wish;
  readonly warm: Placed | undefined;
  readonly pools: readonly ObservedPool[];
};

async function observe(tools: PlanTools, state: State, { wish, warm, pools }: Observing): Promise<World> {
  const { target, revision, settings } = wish;
  const slot = warm?.slot ?? (state.live ? otherSlot(state.live.slot) : 'blue');
  const there = warm ? undefined : pools.find((one) => one.pool.slot === slot && one.instances.length > 0);
  const { split } = await tools.router.observe(target);
  const front = await chooseFront(tools.router, { target, listen: settings.listen, current: state.front });
  const live =
    state.live && state.live.slot !== slot
      ? { ...state.live, ...sizeOf(await tools.revisions.open(state.live.revision)) }
      : undefined;
  return {
    target,
    spec: settings,
    front,
    split,
    next: { slot, revision: revision.id, releaseDigest: revision.release.digest, ...sizeOf(revision) },
    ...(live ? { live } : {}),
    ...(there ? { occupied: await standing(tools, there.revision, slot) } : {}),
  };
}

/** A revision that stands where the next one shall go: kept warm, or left by a rollout that got stuck. */
async function standing(tools: PlanTools, revision: string, slot: Placed['slot']): Promise<Placed> {
  return { slot, revision, releaseDigest: (await tools.revisions.open(revision)).release.digest };
}

/** How many instances, and how long they may take to start and to become ready, in milliseconds. */
function sizeOf({ replicas, release }: Revision): { replicas: number; startWithin: number } {
  const { startup, ready } = release.manifest.health;
  const budget = startup.every * startup.failures;
  return { replicas, startWithin: 2 * budget + 20 * ready.every + 30_000 };
}
