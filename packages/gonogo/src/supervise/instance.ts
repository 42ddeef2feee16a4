import type { Health, Probe } from '../domain/release.ts';

export type ProbeName = 'startup' | 'live' | 'ready';

/** How an instance is seen by its probes. Counts are in a row. */
export type Condition =
  /** It ran before we looked: neither trusted nor distrusted until its readiness has answered. */
  | { readonly is: 'adopted'; readonly failures: number }
  | { readonly is: 'starting'; readonly passes: number; readonly failures: number }
  /** `shared`: by what it last answered, only checks fail that it shares with other instances. */
  | { readonly is: 'unready'; readonly passes: number; readonly strikes: number; readonly shared: boolean }
  | { readonly is: 'ready'; readonly failures: number; readonly strikes: number }
  /** It runs and must be replaced. */
  | { readonly is: 'failed'; readonly why: string }
  | { readonly is: 'ended' };

export type Sign = { readonly ended: true } | Answer;
type Answer = {
  readonly probe: ProbeName;
  readonly pass: boolean;
  /** Only shared checks fail; absent: something else does, or nobody says what. */
  readonly shared?: boolean;
};

export const adopted: Condition = { is: 'adopted', failures: 0 };
export const starting: Condition = { is: 'starting', passes: 0, failures: 0 };
export const ready: Condition = { is: 'ready', failures: 0, strikes: 0 };

/** The probes that are asked in a condition: startup gates the others. */
export function probesIn(condition: Condition, health: Health): ProbeName[] {
  switch (condition.is) {
    case 'starting':
      return ['startup'];
    case 'adopted':
      return ['ready'];
    case 'ready':
    case 'unready':
      return health.live ? ['ready', 'live'] : ['ready'];
    case 'failed':
    case 'ended':
      return [];
  }
}

/** What a condition becomes by what was seen. An answer to a probe that is not asked any more changes nothing. */
export function next(condition: Condition, sign: Sign, health: Health): Condition {
  if ('ended' in sign) return { is: 'ended' };
  switch (condition.is) {
    case 'starting':
      return sign.probe === 'startup' ? started(condition, sign.pass, health.startup) : condition;
    case 'adopted':
      return sign.probe === 'ready' ? judged(condition, sign, health.ready) : condition;
    case 'unready':
    case 'ready':
      return sign.probe === 'live' ? lived(condition, sign, health) : turned(condition, sign, health.ready);
    case 'failed':
    case 'ended':
      return condition;
  }
}

function started(condition: Extract<Condition, { is: 'starting' }>, pass: boolean, probe: Probe): Condition {
  const passes = pass ? condition.passes + 1 : 0;
  const failures = pass ? 0 : condition.failures + 1;
  if (passes >= probe.successes) return { is: 'unready', passes: 0, strikes: 0, shared: false };
  if (failures >= probe.failures)
    return { is: 'failed', why: `did not start: its startup probe failed ${failures} times` };
  return { is: 'starting', passes, failures };
}

/** One pass is enough for what served before; a failure has to repeat itself, as for everything that serves. */
function judged(
  condition: Extract<Condition, { is: 'adopted' }>,
  { pass, shared = false }: Answer,
  probe: Probe,
): Condition {
  if (pass) return { is: 'ready', failures: 0, strikes: 0 };
  const failures = condition.failures + 1;
  return failures >= probe.failures
    ? { is: 'unready', passes: 0, strikes: 0, shared }
    : { is: 'adopted', failures };
}

type Up = Extract<Condition, { is: 'ready' | 'unready' }>;

function lived(condition: Up, { pass }: Answer, health: Health): Condition {
  const strikes = pass ? 0 : condition.strikes + 1;
  if (health.live && strikes >= health.live.failures)
    return { is: 'failed', why: `is not alive: its liveness probe failed ${strikes} times` };
  return { ...condition, strikes };
}

function turned(condition: Up, { probe, pass, shared = false }: Answer, ready: Probe): Condition {
  if (probe !== 'ready') return condition;
  const { strikes } = condition;
  if (condition.is === 'ready') {
    const failures = pass ? 0 : condition.failures + 1;
    return failures >= ready.failures
      ? { is: 'unready', passes: 0, strikes, shared }
      : { is: 'ready', failures, strikes };
  }
  const passes = pass ? condition.passes + 1 : 0;
  return passes >= ready.successes
    ? { is: 'ready', failures: 0, strikes }
    : { is: 'unready', passes, strikes, shared };
}
