import type { CheckResult, CheckSpec } from '../domain/check.ts';
import type { Contract } from '../domain/release.ts';
import type { Values } from '../domain/revision.ts';
import type { Vantage } from './vantage.ts';

/** The one runner of checks: bounded parallelism, deadlines, retries by class of failure, one redaction point. */
export interface Checks {
  /** One result per spec, in the order of the specs. `secrets` are the values to remove from every text. */
  run(specs: readonly CheckSpec[], at: Vantage, options: CheckRun): Promise<CheckResult[]>;
}

/** The suites of checks that a contract itself asks for. */
export interface ContractSuites {
  /** One `env` check per declared variable. */
  environment(contract: Contract): CheckSpec[];
  /** One check per program whose versions matter. */
  runtime(contract: Contract): CheckSpec[];
  /** One check per `reach` entry; the values decide what a template such as `${DATABASE_URL}` is. */
  reach(contract: Contract, values: Values): CheckSpec[];
}

export type CheckRun = {
  readonly secrets: readonly string[];
  readonly signal: AbortSignal;
  /** Called as each result comes in. */
  readonly onResult?: (result: CheckResult) => void;
};
