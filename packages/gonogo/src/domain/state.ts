import type { Address, EnvironmentSpec } from './environment.ts';
import type { Ending, Intent, Placed, RolloutSpec } from './event.ts';
import { type Outcome, type Plan, type ProvenBy, stepsOf } from './plan.ts';
import type { SlotName } from './slot.ts';
import type { Instant } from './units.ts';

/** How far one step of a rollout has come. */
export type StepProgress = {
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly outcome?: Outcome;
};

/** Why a rollout goes back, and the step that made it. */
export type TurnedBack = { readonly why: string; readonly step?: string; readonly aborted: boolean };

export type Rollout = {
  readonly spec: RolloutSpec;
  readonly plan: Plan;
  readonly startedAt: Instant;
  /** By step id, in the order in which the steps were begun. */
  readonly progress: ReadonlyMap<string, StepProgress>;
  readonly turned?: TurnedBack;
  /** How many pieces of undo work are done, counted along `undoWork`. */
  readonly undone: number;
  /** How often the piece of undo work that is due has failed. */
  readonly undoFailures: number;
  readonly ended?: {
    readonly as: Ending;
    readonly at: Instant;
    readonly why?: string;
    readonly provenBy?: ProvenBy;
  };
};

/** A revision that passed its whole watch, and by what; withdrawn when a rollback left it. */
export type Proven = Placed & { readonly at: Instant; readonly withdrawn: boolean; readonly by?: ProvenBy };

/** Everything known of an environment, folded from its journal. */
export type State = {
  /** Position in the journal stream. */
  readonly seq: number;
  readonly front?: Address;
  readonly live?: Placed;
  /** What the environment asked for when what is live went live: the rules that are in force. */
  readonly settings?: EnvironmentSpec;
  /** What served before and can still be flipped back to, until when. */
  readonly warm?: Placed & { readonly until: Instant };
  /** Oldest first. */
  readonly proven: readonly Proven[];
  /** The running rollout, or the last one. */
  readonly rollout?: Rollout;
  /** Work that was begun and whose end is not journalled, by key. */
  readonly pending: ReadonlyMap<string, Intent>;
};

export const emptyState: State = { seq: 0, proven: [], pending: new Map() };

/** True while a rollout has not ended. */
export const isRunning = (state: State): boolean => state.rollout !== undefined && !state.rollout.ended;

/** True once an undo has failed: users may be elsewhere than at what is live, and nobody looks after the instances. */
export const isStuck = (state: State): boolean => state.rollout?.ended?.as === 'stuck';

/**
 * The revision a rollback without a name goes to: the newest proven one that is not withdrawn and not live, unless the
 * last rollout got stuck, which left users somewhere else. Who keeps the variables (`current`) wants another release.
 */
export function rollbackTarget(state: State, values: 'own' | 'current' = 'own'): Proven | undefined {
  const { live } = state;
  const isLive = ({ revision, releaseDigest }: Proven): boolean =>
    values === 'own' ? revision === live?.revision : releaseDigest === live?.releaseDigest;
  return state.proven.findLast((proven) => !proven.withdrawn && (isStuck(state) || !isLive(proven)));
}

/**
 * The proven revision that a name means. A release may have been proven in several sets of variables: meant is one that
 * is not live, and among those the newest that no rollback has left.
 */
export function provenAs(state: State, isMeant: (proven: Proven) => boolean): Proven | undefined {
  const meant = state.proven.filter(isMeant);
  const elsewhere = meant.filter(({ revision }) => revision !== state.live?.revision);
  return elsewhere.findLast(({ withdrawn }) => !withdrawn) ?? elsewhere.at(-1) ?? meant.at(-1);
}

/** A pool that must be kept alive. */
export type WantedPool = {
  readonly slot: SlotName;
  readonly role: string;
  readonly revision: string;
  /** It is live and proven: the users are with it. */
  readonly serves: boolean;
};

/** What must be kept alive: what serves and what is warm, but for the pools that the running rollout has in hand. */
export function wanted(state: State): WantedPool[] {
  if (isStuck(state)) return []; // Nothing more is touched.
  const inHand = poolsInHand(state);
  return poolsOf(state).filter(({ slot, role }) => !inHand.has(`${slot}/${role}`));
}

/** Only what serves has workers: a warm slot's were stopped before the rollout that left it warm had succeeded. */
function poolsOf({ live, warm, proven }: State): WantedPool[] {
  const serves = proven.some(({ revision, withdrawn }) => revision === live?.revision && !withdrawn);
  return [
    ...(live ? ['web', ...(live.workers ?? [])].map((role) => ({ ...poolOf(live, role), serves })) : []),
    ...(warm ? [poolOf(warm, 'web')] : []),
  ];
}

const poolOf = ({ slot, revision }: Placed, role: string): WantedPool => ({
  slot,
  revision,
  role,
  serves: false,
});

/** The slot whose pools grow and shrink with their load: what serves, while no rollout is under way or got stuck. */
export const followsLoad = (state: State): SlotName | undefined =>
  isRunning(state) || isStuck(state) ? undefined : state.live?.slot;

/** The pools that are scaled now, or were by the running rollout. */
function poolsInHand({ rollout, pending }: State): Set<string> {
  const begun =
    rollout && !rollout.ended ? stepsOf(rollout.plan).filter((step) => rollout.progress.has(step.id)) : [];
  const works = [...begun.map((step) => step.work), ...[...pending.values()].map((intent) => intent.work)];
  return new Set(
    works.flatMap((work) => (work.do === 'scale' ? [`${work.pool.slot}/${work.pool.role}`] : [])),
  );
}
