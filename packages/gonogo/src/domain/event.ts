import type { Address } from './environment.ts';
import type { Outcome, Plan, Work } from './plan.ts';
import type { SlotName } from './slot.ts';
import type { Split } from './split.ts';
import type { Target } from './target.ts';
import type { Instant, Millis } from './units.ts';

/** A piece of work that was decided and journalled before it is begun. */
export type Intent = {
  /** Unique for ever: the performer's idempotency key. */
  readonly key: string;
  readonly rollout: string;
  /** The step it carries out or undoes. */
  readonly step: string;
  readonly direction: 'forward' | 'undo';
  readonly work: Work;
  readonly within: Millis;
};

export type StrategyName = 'in-place' | 'blue-green';

/** What a rollout is about; frozen by its first event. */
export type RolloutSpec = {
  readonly id: string;
  readonly kind: 'deploy' | 'rollback';
  readonly target: Target;
  readonly strategy: StrategyName;
  readonly revision: string;
  readonly releaseDigest: string;
  /** The slot the revision goes to. */
  readonly slot: SlotName;
  /** What served before, and where; absent at the first deploy. */
  readonly previous?: { readonly revision: string; readonly slot: SlotName };
  /** Where users come in. */
  readonly front: Address;
  /** How long the slot that served before stays warm after success. */
  readonly keep: Millis;
  readonly by: string;
};

export type Ending = 'succeeded' | 'rejected' | 'rolled-back' | 'aborted' | 'stuck';

/**
 * Everything that is ever journalled. Versions are only added: `evolve` reads every event that was ever written.
 */
export type Event =
  | { readonly e: 'planned'; readonly v: 1; readonly at: Instant; readonly spec: RolloutSpec; readonly plan: Plan }
  | { readonly e: 'intended'; readonly at: Instant; readonly intent: Intent }
  | { readonly e: 'settled'; readonly at: Instant; readonly key: string; readonly outcome: Outcome }
  | { readonly e: 'turned-back'; readonly at: Instant; readonly why: string; readonly step?: string }
  | { readonly e: 'answered'; readonly at: Instant; readonly by: string; readonly what: 'approve' | 'abort' }
  | { readonly e: 'ended'; readonly at: Instant; readonly as: Ending; readonly why?: string }
  | { readonly e: 'retired'; readonly at: Instant; readonly slot: SlotName; readonly revision: string }
  /** The router was found changed behind our back, and by whom it is served now. */
  | { readonly e: 'observed'; readonly at: Instant; readonly split: Split };
