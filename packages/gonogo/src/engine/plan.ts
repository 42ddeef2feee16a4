import type { Placed } from '../domain/event.ts';
import type { Revision } from '../domain/revision.ts';
import { beginsWith } from '../domain/scaling.ts';
import type { State } from '../domain/state.ts';
import type { Revisions } from '../ports/revisions.ts';
import type { Router } from '../ports/router.ts';
import { jobRole, type ObservedPool, type Runtime } from '../ports/runtime.ts';
import {
  type Asked,
  freeSlot,
  keptPlaces,
  type Planned,
  planFor,
  settingsOf,
} from '../strategies/rollout.ts';
import type { Migration, Sized, Worker, World } from '../strategies/world.ts';
import { chooseFront } from './front.ts';

/** What a user asked for. */
export type Wish = Asked & { readonly revision: Revision };

export type PlanTools = { readonly runtime: Runtime; readonly router: Router; readonly revisions: Revisions };

/** Makes the plan of a rollout from what is wished for and what the world is now. Changes nothing. */
export async function planRollout(tools: PlanTools, state: State, wish: Wish): Promise<Planned> {
  const pools = await tools.runtime.observe(wish.target);
  const warm = wish.kind === 'rollback' ? stillUp(state, wish.revision.id, pools) : undefined;
  const world = await observe(tools, state, { wish, warm, pools });
  return planFor(wish, world, warm !== undefined);
}

/** Where a revision is up already. */
const stillUp = (state: State, revision: string, pools: readonly ObservedPool[]): Placed | undefined =>
  keptPlaces(state, revision).find(({ slot }) =>
    pools.some((one) => isWebOf(slot, one) && one.revision === revision && hasRunning(one)),
  );

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
  const { target, revision } = wish;
  const spec = settingsOf(wish);
  const slot = warm?.slot ?? freeSlot(state);
  const there = warm ? [] : pools.filter((one) => one.pool.slot === slot && isStanding(one));
  const runs = runsOf(state.live, pools);
  const { split } = await tools.router.observe(target);
  const front = await chooseFront(tools.router, { target, listen: spec.listen, current: state.front });
  const live =
    state.live && state.live.slot !== slot
      ? { ...state.live, ...sizeOf(await tools.revisions.open(state.live.revision), runs) }
      : undefined;
  return {
    target,
    spec,
    front,
    split,
    next: {
      ...{ slot, revision: revision.id, releaseDigest: revision.release.digest },
      ...sizeOf(revision, runs),
      ...(wish.kind === 'deploy' ? migrationOf(revision) : {}),
    },
    ...(live ? { live } : {}),
    ...(state.settings?.proxy ? { liveProxy: state.settings.proxy } : {}),
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
