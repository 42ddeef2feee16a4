import type { CheckResult } from '../domain/check.ts';
import type { EvidenceRef } from '../domain/plan.ts';
import type { Target } from '../domain/target.ts';
import type { Instant } from '../domain/units.ts';

/** What was checked, from where, when, what answered; secrets are removed before it comes here. */
export type Evidence =
  | { readonly of: 'checks'; readonly results: readonly CheckResult[] }
  | { readonly of: 'log'; readonly lines: readonly string[] }
  | { readonly of: 'traffic'; readonly facts: Readonly<Record<string, string | number>> }
  | {
      readonly of: 'facts';
      /** Where they were asked, where that is one place: `this host`. */
      readonly from?: string;
      readonly facts: Readonly<Record<string, string | number>>;
    };

export type EvidenceRecord = { readonly ref: EvidenceRef; readonly at: Instant; readonly evidence: Evidence };

/** The same check as it went elsewhere, or before. */
export type EarlierResult = { readonly target: Target; readonly at: Instant; readonly result: CheckResult };

export interface EvidenceStore {
  put(target: Target, evidence: Evidence): Promise<EvidenceRef>;
  get(ref: EvidenceRef): Promise<EvidenceRecord | undefined>;
  /** The newest result of the check of this name in every *other* environment of the same service. */
  elsewhere(target: Target, checkName: string): Promise<EarlierResult[]>;
}
