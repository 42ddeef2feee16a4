import type { PoolId, SlotId } from './slot.ts';
import type { Shift } from './split.ts';
import type { Millis } from './units.ts';

/** Which checks a `check` step asks, and from where. */
export type Suite = 'preflight' | 'reach' | 'smoke' | 'still-works';

/** What a watch tolerates. */
export type WatchRules = {
  readonly for: Millis;
  /** Highest tolerated share of failed requests, 0–1. */
  readonly errors: number;
  /** Highest tolerated ratio of green's 99th percentile to blue's before the flip. */
  readonly p99: number;
  /** Below this many requests, traffic says nothing. */
  readonly minRequests: number;
};

/** The kinds of work; `steps/` has one file for each. */
export type Work =
  | { readonly do: 'check'; readonly suite: Suite; readonly slot: SlotId; readonly revision: string }
  | { readonly do: 'scale'; readonly pool: PoolId; readonly revision: string; readonly count: number }
  | { readonly do: 'ready'; readonly pool: PoolId; readonly revision: string; readonly passes: number }
  | { readonly do: 'flip'; readonly shifts: readonly Shift[] }
  | { readonly do: 'drain'; readonly slot: SlotId; readonly within: Millis }
  | { readonly do: 'watch'; readonly slot: SlotId; readonly baseline?: SlotId; readonly revision: string; readonly rules: WatchRules };

export type WorkKind = Work['do'];

/** What recovery may do with a step that was begun and whose end nobody knows. */
export type Redo = 'safe' | 'look' | 'never';

export type Step = {
  readonly id: string;
  /** How the step is called to people: `preflight`, `provision`, `flip` … */
  readonly name: string;
  readonly work: Work;
  /** Run in this order when the rollout turns back. */
  readonly undo: readonly Work[];
  /** After this long the step counts as unknown. */
  readonly within: Millis;
  readonly redo: Redo;
};

/** A plan is data that can be shown before it runs. */
export type Plan = Step | { readonly seq: readonly Plan[] } | { readonly all: readonly Plan[] };

/** A reference into the evidence store. */
export type EvidenceRef = string;

/** How a piece of work ended. `unknown` is never `ok`. */
export type Outcome = {
  readonly is: 'ok' | 'failed' | 'unknown';
  /** One sentence for people, secrets removed. */
  readonly why?: string;
  readonly evidence: readonly EvidenceRef[];
};

/** Every step of a plan in the order in which it is written. */
export function stepsOf(plan: Plan): Step[] {
  if ('seq' in plan) return plan.seq.flatMap(stepsOf);
  if ('all' in plan) return plan.all.flatMap(stepsOf);
  return [plan];
}
