import type { Outcome, WorkKind, WorkOf } from '../domain/plan.ts';
import type { Fence } from './leases.ts';

/** What every call of a performer gets. */
export type Call = {
  /** The idempotency key of the intent. */
  readonly key: string;
  /** The epoch of the lease under which this was begun; what outlives that lease is refused. */
  readonly fence: Fence;
  /** `undo` while the rollout goes back: then waiting is better than giving up. */
  readonly direction: 'forward' | 'undo';
  /** Aborts at the step's deadline, and when the rollout goes back. */
  readonly signal: AbortSignal;
};

/** One kind of work: how it is done, and how one sees after a crash whether it was. */
export type Performer<K extends WorkKind> = {
  /** Does the work; safe to repeat with the same key. May throw: the sentence becomes the outcome's. */
  perform(work: WorkOf<K>, call: Call): Promise<Outcome>;
  /** Looks at the world and changes nothing. */
  look(work: WorkOf<K>, call: Call): Promise<Outcome | 'not-begun'>;
};

/** Every kind of work but the gate, which nobody performs. */
export type Performers = { readonly [K in Exclude<WorkKind, 'ask'>]: Performer<K> };

export const ok = (evidence: readonly string[] = []): Outcome => ({ is: 'ok', evidence });

export const failed = (why: string, rest: { hint?: string; evidence?: readonly string[] } = {}): Outcome => ({
  is: 'failed',
  why,
  evidence: rest.evidence ?? [],
  ...(rest.hint === undefined ? {} : { hint: rest.hint }),
});

export const unknown = (why: string): Outcome => ({ is: 'unknown', why, evidence: [] });
