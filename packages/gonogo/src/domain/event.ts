import type { Address, EnvironmentSpec } from './environment.ts';
import type { Outcome, Plan, ProvenBy, Redo, Work } from './plan.ts';
import type { SlotName } from './slot.ts';
import type { Target } from './target.ts';
import type { Instant, Millis } from './units.ts';

/** A piece of work that was decided, and journalled before it is begun. */
export type Intent = {
  /** Unique for ever: the performer's idempotency key. */
  readonly key: string;
  /** The rollout it belongs to; absent for the environment's own housekeeping. */
  readonly rollout?: string;
  /** The step it carries out or undoes; `retire` for housekeeping. */
  readonly step: string;
  readonly direction: 'forward' | 'undo';
  readonly work: Work;
  readonly within: Millis;
  readonly redo: Redo;
};

/** A revision in a slot, with the release it is a revision of. */
export type Placed = {
  readonly slot: SlotName;
  readonly revision: string;
  readonly releaseDigest: string;
  /** The roles that take no traffic; absent: there are none. */
  readonly workers?: readonly string[];
};

/** What a rollout is about; frozen by its first event. */
export type RolloutSpec = {
  readonly id: string;
  readonly kind: 'deploy' | 'rollback';
  readonly target: Target;
  /** What the environment asked for when this was planned; once it has succeeded, a later rollback runs by it. */
  readonly settings: EnvironmentSpec;
  /** What goes live, and the slot it goes to. */
  readonly next: Placed;
  /** What served before; absent at the first deploy. */
  readonly previous?: Placed;
  /** Where users come in. */
  readonly front: Address;
  /** How long the slot that served before stays warm after success; absent when nothing of it is left. */
  readonly keep?: Millis;
  readonly by: string;
};

export type Ending = 'succeeded' | 'rejected' | 'rolled-back' | 'aborted' | 'stuck';

/**
 * Everything that is ever journalled. Kinds and versions are only added: `evolve` reads every event that was ever
 * written.
 */
export type Event =
  | {
      readonly e: 'planned';
      readonly v: 1;
      readonly at: Instant;
      readonly spec: RolloutSpec;
      readonly plan: Plan;
    }
  | { readonly e: 'intended'; readonly at: Instant; readonly intent: Intent }
  | { readonly e: 'settled'; readonly at: Instant; readonly key: string; readonly outcome: Outcome }
  | { readonly e: 'answered'; readonly at: Instant; readonly by: string; readonly what: 'approve' | 'abort' }
  /**
   * A controller has taken the rollout over; `found` are the steps whose end nobody had written down, `waits` those whose
   * gate nobody had answered.
   */
  | {
      readonly e: 'resumed';
      readonly at: Instant;
      readonly found: readonly string[];
      readonly waits?: readonly string[];
      readonly goes: 'on' | 'back';
      /** Why it goes back. */
      readonly why?: string;
    }
  | { readonly e: 'turned-back'; readonly at: Instant; readonly why: string; readonly step?: string }
  | {
      readonly e: 'ended';
      readonly at: Instant;
      readonly as: Ending;
      readonly why?: string;
      /** What proved a rollout that succeeded; absent for one that only flipped back to what was proven. */
      readonly provenBy?: ProvenBy;
    };
