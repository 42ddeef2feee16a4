import type { CheckResult } from '../../domain/check.ts';
import type { Decision } from '../../domain/verdict.ts';

/** A suite of checks and what came of it. */
export type Report = {
  /** What was checked: `shop → production`. */
  readonly subject: string;
  readonly decision: Decision;
  readonly results: readonly CheckResult[];
};

/** `2 of 9 checks failed`, `9 checks passed`. */
export function tally({ results }: Report): string {
  const bad = results.filter(({ verdict }) => verdict === 'fail' || verdict === 'unknown').length;
  const checks = `${results.length} ${results.length === 1 ? 'check' : 'checks'}`;
  if (results.length === 0) return 'no checks';
  return bad > 0 ? `${bad} of ${checks} failed` : `${checks} passed`;
}

/** What a result says beside its verdict, as one line. */
export const sentence = ({ saw, hint }: CheckResult): string =>
  hint === undefined ? saw : `${saw}. ${hint}`;
