import { agentErrors } from './errors/agent.ts';
import type { ErrorKind, ExitCode } from './errors/catalogue.ts';
import { configErrors } from './errors/config.ts';
import { dockerErrors } from './errors/docker.ts';
import { releaseErrors } from './errors/release.ts';
import { rolloutErrors } from './errors/rollout.ts';
import { routerErrors } from './errors/router.ts';
import { runtimeErrors } from './errors/runtime.ts';

/** Every error that gonogo tells a user, by its code. */
export const catalogue = {
  ...agentErrors,
  ...configErrors,
  ...dockerErrors,
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

  constructor(code: Code, said: Said, cause?: unknown) {
    super(said.message, cause === undefined ? undefined : { cause });
    this.name = 'Problem';
    this.code = code;
    this.facts = said.facts;
    this.hint = said.hint;
    this.exit = said.exit;
  }
}

type Said = {
  readonly message: string;
  readonly hint: string;
  readonly exit: ExitCode;
  readonly facts: object;
};

/** Makes the error of a code. `throw problem('CONFIG_MISSING', { path })`. */
export function problem<C extends Code>(code: C, facts: FactsOf<C>, cause?: unknown): Problem {
  const kind = catalogue[code] as ErrorKind<FactsOf<C>>;
  const said = { message: kind.says(facts), hint: kind.hint(facts), exit: kind.exit, facts: facts as object };
  return new Problem(code, said, cause);
}

/** A problem as it crosses a process boundary: said already, without its facts. */
export type ProblemTold = {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exit: number;
};

/** What is told to another process of a problem. */
export const tellProblem = (p: Problem): ProblemTold => ({
  code: p.code,
  message: p.message,
  hint: p.hint,
  exit: p.exit,
});

/** A problem that another process met; a newer one may tell a code this build does not know, so it is taken as told. */
export const remoteProblem = (told: ProblemTold): Problem =>
  new Problem(told.code as Code, { ...told, exit: told.exit as ExitCode, facts: {} });

/** True for a problem of this code. */
export const isProblem = (error: unknown, code: Code): error is Problem =>
  error instanceof Problem && error.code === code;

/** What does not answer now, and may again in a moment. */
const passing: ReadonlySet<string> = new Set<Code>(['DOCKER_DOWN', 'DOCKER_MISSING', 'KEEPER_UNREACHABLE']);

/** Whether something was asked of what is away: most likely it is being started again. */
export const isAway = (error: unknown): boolean => error instanceof Problem && passing.has(error.code);

/** What went wrong as one line, for any thrown value. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
