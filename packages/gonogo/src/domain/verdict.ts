/** What a check found. `unknown` is never a pass. */
export type Verdict = 'pass' | 'warn' | 'fail' | 'unknown';

/** What a rollout or a whole suite of checks answers. */
export type Decision = 'GO' | 'NO-GO';

/** GO only if there was at least one verdict and none is `fail` or `unknown`: zero checks prove nothing. */
export function decisionOf(verdicts: readonly Verdict[]): Decision {
  if (verdicts.length === 0) return 'NO-GO';
  return verdicts.every((verdict) => verdict === 'pass' || verdict === 'warn') ? 'GO' : 'NO-GO';
}
