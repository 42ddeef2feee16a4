import type { EnvironmentSpec, StrategyName } from '../domain/environment.ts';
import type { Placed, RolloutSpec } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import type { Revision } from '../domain/revision.ts';
import { beginsWith } from '../domain/scaling.ts';
import { otherSlot } from '../domain/slot.ts';
import { isStuck, type State } from '../domain/state.ts';
import type { Target } from '../domain/target.ts';
import type { Revisions } from '../ports/revisions.ts';
import type { Router } from '../ports/router.ts';
import { jobRole, type ObservedPool, type Runtime } from '../ports/runtime.ts';
import { blueGreen } from '../strategies/blue-green.ts';
import { canary } from '../strategies/canary.ts';
import { inPlace } from '../strategies/in-place.ts';
import { rolling } from '../strategies/rolling.ts';
import { warmRollback } from '../strategies/warm-rollback.ts';
import type { Migration, Sized, Worker, World } from '../strategies/world.ts';
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

const strategies = { 'in-place': inPlace, rolling, 'blue-green': blueGreen, canary };

/** The strategies that leave what served before standing. */
const keepsWarm: readonly StrategyName[] = ['blue-green', 'canary'];

/** Makes the plan of a rollout from what is wished for and what the world is now. Changes nothing. */
export async function planRollout(
  tools: PlanTools,
  state: State,
  wish: Wish,
): Promise<{ spec: RolloutSpec; plan: Plan }> {
  const settings = wish.kind === 'rollback' ? withoutDelay(wish.settings) : wish.settings;
  const { strategy, keep } = settings;
  const pools = await tools.runtime.observe(wish.target);
  const warm = wish.kind === 'rollback' ? stillUp(state, wish.revision.id, pools) : undefined;
  const world = await observe(tools, state, { wish: { ...wish, settings }, warm, pools });
  const staysUp = warm !== undefined || keepsWarm.includes(strategy);
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
function stillUp(state: State, revision: string, pools: readonly ObservedPool[]): Placed | undefined {
  const kept = isStuck(state) ? [state.warm, state.live] : [state.warm];
  return kept.find(
    (placed) =>
      placed?.revision === revision &&
      pools.some((one) => isWebOf(placed.slot, one) && one.revision === revision && hasRunning(one)),
  );
}

const isWebOf = (slot: Placed['slot'], { pool }: ObservedPool): boolean =>
  pool.slot === slot && pool.role === 'web';

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
  const there = warm ? [] : pools.filter((one) => one.pool.slot === slot && isStanding(one));
  const runs = runsOf(state.live, pools);
  const { split } = await tools.router.observe(target);
  const front = await chooseFront(tools.router, { target, listen: settings.listen, current: state.front });
  const live =
    state.live && state.live.slot !== slot
      ? { ...state.live, ...sizeOf(await tools.revisions.open(state.live.revision), runs) }
      : undefined;
  return {
    target,
    spec: settings,
    front,
    split,
    next: {
      ...{ slot, revision: revision.id, releaseDigest: revision.release.digest },
      ...sizeOf(revision, runs),
      ...(wish.kind === 'deploy' ? migrationOf(revision) : {}),
    },
    ...(live ? { live } : {}),
    ...(there.length > 0
      ? { occupied: there.map(({ pool, revision }) => ({ role: pool.role, revision })) }
      : {}),
  };
}

/** Kept warm, or left by a rollout that got stuck; a job that has ended stands in nobody's way. */
const isStanding = ({ pool, instances }: ObservedPool): boolean =>
  pool.role !== jobRole && instances.length > 0;

type Runs = (role: string) => number;

/** How many instances of a role serve now; what ended by itself counts, because it is replaced. */
const runsOf =
  (live: Placed | undefined, pools: readonly ObservedPool[]): Runs =>
  (role) =>
    pools.find(
      ({ pool, revision }) => pool.slot === live?.slot && pool.role === role && revision === live.revision,
    )?.instances.length ?? 0;

/**
 * How many instances of which roles, and how long they may take to start and to become ready, in milliseconds. Where the
 * load decides how many, there are as many as serve now, within the range: a deploy under load must not drop to min.
 */
function sizeOf(
  { replicas: written, release }: Revision,
  runs: Runs,
): Omit<Sized, keyof Placed> & Pick<Placed, 'workers'> {
  const replicas = beginsWith(written, runs('web'));
  const { health, run } = release.manifest;
  const budget = health.startup.every * health.startup.failures;
  const startWithin = 2 * budget + 20 * health.ready.every + 30_000;
  const roles = Object.entries(run.workers ?? {}).map(
    ([role, { replicas, overlap }]): Worker => ({
      ...{ role, overlap },
      replicas: beginsWith(replicas, runs(role)),
    }),
  );
  if (roles.length === 0) return { replicas, startWithin };
  return { replicas, startWithin, roles, workers: roles.map(({ role }) => role) };
}

function migrationOf({ release }: Revision): { migrate?: Migration } {
  const { migrate } = release.manifest;
  if (!migrate) return {};
  const { when, repeatable, timeout } = migrate;
  return { migrate: { when, repeatable, within: timeout, undo: migrate.undo !== undefined } };
}
