import type { CheckResult, CheckSpec } from '../domain/check.ts';
import type { Vantage } from './vantage.ts';

/** The one runner of checks: bounded parallelism, deadlines, retries by class of failure, one redaction point. */
export interface Checks {
  /** One result per spec, in the order of the specs. `secrets` are the values to remove from every text. */
  run(specs: readonly CheckSpec[], at: Vantage, options: CheckRun): Promise<CheckResult[]>;
}

export type CheckRun = {
  readonly secrets: readonly string[];
  readonly signal: AbortSignal;
  /** Called as each result comes in. */
  readonly onResult?: (result: CheckResult) => void;
};
