import type { Address } from './environment.ts';
import type { FrontSettings } from './front.ts';
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

/** What a gate says when nobody has answered it in time. */
export type Otherwise = 'abort' | 'go';

/** A pool that must be ready to take users: `whole`, or at least one instance of it. */
export type Taker = { readonly pool: PoolId; readonly revision: string; readonly whole?: true };

/** One target's part of a flip: the shift, where users come in and what they find there, and the pools that must be ready to take it. */
export type Move = {
  readonly shift: Shift;
  /** Users who come while nobody serves wait: somebody will soon. */
  readonly holds?: true;
  readonly front: Address;
  readonly proxy?: FrontSettings;
  readonly pools: readonly Taker[];
};

/** The kinds of work; `steps/` has one file for each. */
export type Work =
  | {
      readonly do: 'check';
      readonly suite: Suite;
      readonly slot: SlotId;
      readonly revision: string;
      readonly front: Address;
      readonly proxy?: FrontSettings;
    }
  | { readonly do: 'scale'; readonly pool: PoolId; readonly revision: string; readonly count: number }
  | { readonly do: 'ready'; readonly pool: PoolId; readonly revision: string; readonly passes: number }
  /** One command of the release, run to its end in the environment: the migration, or the way back from it. */
  | { readonly do: 'job'; readonly job: 'migrate' | 'undo'; readonly slot: SlotId; readonly revision: string }
  /** A gate. With `unlessProvenBy` it opens by itself when traffic has proved that watch. */
  | { readonly do: 'ask'; readonly otherwise: Otherwise; readonly unlessProvenBy?: string }
  /** Prepare all, commit all, else revert all. Where a split does not change, only who is ready is told. */
  | { readonly do: 'flip'; readonly moves: readonly Move[] }
  | {
      readonly do: 'watch';
      readonly pool: PoolId;
      readonly revision: string;
      /** Pools of the same revision that take no traffic and must stay up as well. */
      readonly workers?: readonly PoolId[];
      /** The slot whose traffic before the flip is the measure. */
      readonly baseline?: SlotId;
      readonly rules: WatchRules;
    };

export type WorkKind = Work['do'];

export type WorkOf<K extends WorkKind> = Extract<Work, { do: K }>;

/** What recovery may do with work that was begun and whose end nobody knows: ask the world, and then do it again. */
export type Redo = 'safe' | 'never';

export type Step = {
  readonly id: string;
  /** How the step is called to people: `preflight`, `provision`, `flip` … */
  readonly name: string;
  readonly work: Work;
  /** Run in this order when the rollout turns back. */
  readonly undo: readonly Work[];
  /** Run before `undo`, and only when it was this step that did not succeed. */
  readonly remedy?: readonly Work[];
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
  readonly hint?: string;
  readonly evidence: readonly EvidenceRef[];
  /** For a flip that moved users: milliseconds from `commit` to the data plane's acknowledgement. */
  readonly acknowledged?: Millis;
  /** For a watch that passed: whether there was enough traffic to judge by. */
  readonly provenBy?: ProvenBy;
};

/** Traffic is the better witness: checks and probes ask only what somebody thought of. */
export type ProvenBy = 'traffic' | 'checks';

/** Every step of a plan in the order in which it is written. */
export function stepsOf(plan: Plan): Step[] {
  if ('seq' in plan) return plan.seq.flatMap(stepsOf);
  if ('all' in plan) return plan.all.flatMap(stepsOf);
  return [plan];
}

/** The steps that may begin now: what comes next in each branch, given which steps are done. */
export function frontier(plan: Plan, isDone: (step: Step) => boolean): Step[] {
  if ('all' in plan) return plan.all.flatMap((branch) => frontier(branch, isDone));
  if (!('seq' in plan)) return isDone(plan) ? [] : [plan];
  const next = plan.seq.find((part) => !isOver(part, isDone));
  return next ? frontier(next, isDone) : [];
}

function isOver(plan: Plan, isDone: (step: Step) => boolean): boolean {
  if ('seq' in plan) return plan.seq.every((part) => isOver(part, isDone));
  if ('all' in plan) return plan.all.every((branch) => isOver(branch, isDone));
  return isDone(plan);
}
