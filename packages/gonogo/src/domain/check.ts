import type { Instant, Millis } from './units.ts';
import type { Verdict } from './verdict.ts';

/** What a JSON path must hold: a literal to equal exactly, or one of the matchers. Nothing is ever coerced. */
export type Matcher =
  | { equals: string | number | boolean | null }
  | { matches: string }
  | { contains: string }
  | { one_of: readonly (string | number | boolean | null)[] }
  | { gt: number }
  | { gte: number }
  | { lt: number }
  | { lte: number }
  | { exists: boolean };

export type HttpExpectation = {
  /** Accepted status codes; default 200–299. A redirect is not healthy unless it is asked for. */
  readonly status?: readonly number[];
  readonly headers?: Readonly<Record<string, Matcher>>;
  /** JSON path (`$.a.b[0]`) → matcher. */
  readonly json?: Readonly<Record<string, Matcher>>;
  readonly body?: Matcher;
  readonly within?: Millis;
  /**
   * The release that must be answering, `shop@9f3c2a1`: a body that names another one (`releaseId`, as @gonogo/health
   * tells it) is wrong. A body that names none, or names it in a way of its own, is not judged by it.
   */
  readonly release?: string;
};

export type Retry = { readonly times: number; readonly delay: Millis };

type CheckBase = {
  readonly name: string;
  readonly timeout: Millis;
  readonly retry: Retry;
  readonly tags: readonly string[];
};

/** One question with a verdict and evidence. Strings may hold `${NAME}`, filled from the vantage's environment. */
export type CheckSpec = CheckBase &
  (
    | {
        readonly kind: 'http';
        readonly method: string;
        /** A path, resolved against the vantage's base, or an absolute URL. */
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly body?: string;
        readonly expect: HttpExpectation;
      }
    | {
        readonly kind: 'tcp';
        readonly address: string;
        /** How long the connection must stay open: what refuses clients by address closes it at once. Default 150. */
        readonly settle?: Millis;
      }
    | { readonly kind: 'postgres'; readonly url: string; readonly query: string }
    | { readonly kind: 'env'; readonly variable: string; readonly rule: EnvRule }
    | { readonly kind: 'run'; readonly command: readonly string[] }
    | { readonly kind: 'runtime'; readonly program: Program; readonly versions: string }
  );

/** What runs programs that were written for it, and has a version that they need. */
export const programs = ['node', 'bun', 'deno', 'java', 'php', 'python', 'ruby'] as const;
export type Program = (typeof programs)[number];

export type CheckKind = CheckSpec['kind'];

/** What `contract.env` asks of one variable. */
export type EnvRule = {
  readonly secret: boolean;
  readonly required: boolean;
  readonly default?: string;
  readonly format?: 'url' | 'number' | 'boolean' | 'email' | 'json';
  readonly oneOf?: readonly string[];
};

/** What a check found, with every secret already removed. */
export type CheckResult = {
  readonly name: string;
  readonly kind: CheckKind;
  readonly verdict: Verdict;
  readonly ms: Millis;
  readonly attempts: number;
  /** Passed, but not at the first attempt. */
  readonly flaky: boolean;
  /** From where it was asked: `this machine`, `green`, … */
  readonly from: string;
  /** What was asked, where the name does not say it: `127.0.0.1:5432`. Never with credentials. */
  readonly subject?: string;
  /** One sentence: what was seen. */
  readonly saw: string;
  /** What to do about it, where something can be said. */
  readonly hint?: string;
  /** A named class of failure, so that the same failure can be recognised elsewhere: `timeout`, `refused`, `missing` … */
  readonly failure?: string;
  /** What an answer that is not healthy blames: only what other instances ask as well, or something of its own. */
  readonly scope?: 'shared' | 'local';
  /** How the same check went in the service's other environments, newest first. */
  readonly elsewhere?: readonly Elsewhere[];
};

/** The newest result of the same check somewhere else. */
export type Elsewhere = {
  readonly environment: string;
  readonly verdict: Verdict;
  readonly ms: Millis;
  readonly at: Instant;
};
