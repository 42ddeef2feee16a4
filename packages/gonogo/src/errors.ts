import { agentErrors } from './errors/agent.ts';
import type { ErrorKind, ExitCode } from './errors/catalogue.ts';
import { configErrors } from './errors/config.ts';
import { releaseErrors } from './errors/release.ts';
import { rolloutErrors } from './errors/rollout.ts';
import { routerErrors } from './errors/router.ts';
import { runtimeErrors } from './errors/runtime.ts';

/** Every error that gonogo tells a user, by its code. */
export const catalogue = {
  ...agentErrors,
  ...configErrors,
  ...releaseErrors,
  ...rolloutErrors,
  ...routerErrors,
  ...runtimeErrors,
};

export type Code = keyof typeof catalogue;

/** The facts that the sentence of a code names. */
export type FactsOf<C extends Code> = (typeof catalogue)[C] extends ErrorKind<infer F> ? F : never;

/** An error from the catalogue: a sentence that names the thing, a hint that says what to do, and the first cause. */
export class Problem extends Error {
  readonly code: Code;
  readonly facts: object;
  readonly hint: string;
  readonly exit: ExitCode;

  constructor(code: Code, facts: object, cause?: unknown) {
    const kind = catalogue[code] as ErrorKind<object>;
    super(kind.says(facts), cause === undefined ? undefined : { cause });
    this.name = 'Problem';
    this.code = code;
    this.facts = facts;
    this.hint = kind.hint(facts);
    this.exit = kind.exit;
  }
}

/** Makes the error of a code. `throw problem('CONFIG_MISSING', { path })`. */
export const problem = <C extends Code>(code: C, facts: FactsOf<C>, cause?: unknown): Problem =>
  new Problem(code, facts as object, cause);

/** True for a problem of this code. */
export const isProblem = (error: unknown, code: Code): error is Problem =>
  error instanceof Problem && error.code === code;

/** What went wrong as one line, for any thrown value. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
