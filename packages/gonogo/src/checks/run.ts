import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckKind, CheckResult, CheckSpec } from '../domain/check.ts';
import type { Millis } from '../domain/units.ts';
import { messageOf } from '../errors.ts';
import type { CheckRun, Checks } from '../ports/checks.ts';
import type { Vantage } from '../ports/vantage.ts';
import { hostPort, parseHostPort } from './address.ts';
import { fillSpec } from './fill.ts';
import { type Answer, type Asking, fail, isAskedInside, type Kind } from './kind.ts';
import { redact as redactAll } from './redact.ts';
import { inWords, plain } from './words.ts';

export type RunnerOptions = {
  /** How many checks are asked at the same time; default 64. */
  readonly parallel?: number;
};

/** Each kind is loaded when it is first asked for: a check of a port needs no HTTP and no database client. */
const kinds: { readonly [K in CheckKind]: () => Promise<Kind<K>> } = {
  http: async () => (await import('./http.ts')).http,
  tcp: async () => (await import('./tcp.ts')).tcp,
  postgres: async () => (await import('./postgres.ts')).postgres,
  env: async () => (await import('./env.ts')).env,
  run: async () => (await import('./command.ts')).run,
  runtime: async () => (await import('./runtime.ts')).runtime,
};

/** Failures after which another attempt may find something else. A stable answer that is wrong stays wrong. */
const passing = new Set([
  'refused',
  'reset',
  'closed',
  'timeout',
  'unreachable',
  'dns',
  'server-error',
  'busy',
  'exit',
]);

/** The longest pause between two attempts. */
const longestPause: Millis = 30_000;

/** How long a check that ignores its deadline is waited for. */
const mercy: Millis = 1500;

type Job = {
  readonly spec: CheckSpec;
  readonly at: Vantage;
  readonly run: CheckRun;
  readonly redact: (text: string) => string;
};

/** Makes the runner through which every check is asked. It never rejects: what goes wrong is a verdict. */
export function checkRunner(options: RunnerOptions = {}): Checks {
  return {
    async run(specs, at, run) {
      const { inside } = at;
      if (inside === undefined) return await askHere(specs, at, { ...run, ...options });
      const isInner = (spec: CheckSpec): boolean => isAskedInside(spec, at);
      const inner = specs.filter(isInner);
      const [theirs, ours] = await Promise.all([
        inner.length > 0 ? (await import('./inside.ts')).askInside(inner, { ...at, inside }, run) : [],
        askHere(
          specs.filter((spec) => !isInner(spec)),
          at,
          { ...run, ...options },
        ),
      ]);
      return specs.flatMap((spec) => (isInner(spec) ? theirs : ours).splice(0, 1));
    },
  };
}

function askHere(
  specs: readonly CheckSpec[],
  at: Vantage,
  run: CheckRun & RunnerOptions,
): Promise<CheckResult[]> {
  const redact = (text: string): string => redactAll(text, run.secrets);
  const jobs = specs.map((spec) => ({ spec, at, run, redact }));
  return mapBounded(jobs, run.parallel ?? 64, async (job) => {
    const result = await answerOf(job);
    run.onResult?.(result);
    return result;
  });
}

/** Maps in order with at most `limit` under way. */
async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

async function answerOf(job: Job): Promise<CheckResult> {
  const { spec, run } = job;
  const began = performance.now();
  let attempts = 0;
  let answer: Answer;
  do {
    if (attempts > 0) await pause(spec.retry.delay * 2 ** (attempts - 1), run.signal);
    attempts++;
    answer = await attempt(job);
  } while (attempts <= spec.retry.times && mayPass(answer) && !run.signal.aborted);
  return resultOf(job, answer, { attempts, ms: performance.now() - began });
}

const mayPass = ({ verdict, failure }: Answer): boolean => verdict === 'fail' && passing.has(failure ?? '');

async function pause(ms: Millis, signal: AbortSignal): Promise<void> {
  // An abort ends the pause early; the attempt that follows answers with it.
  await sleep(Math.min(ms, longestPause), undefined, { signal }).catch(() => undefined);
}

/** One attempt under its own deadline. */
async function attempt({ spec, at, run, redact }: Job): Promise<Answer> {
  if (run.signal.aborted) return aborted;
  const filled = fillSpec(spec, at.values);
  if ('missing' in filled) return fail('missing', notSet(filled.missing), 'set it in this environment');
  const deadline = deadlineOf(run.signal, spec.timeout);
  const asking = { at, signal: deadline.signal, timeout: spec.timeout, redact };
  try {
    const answer = await ask(filled, asking);
    return run.signal.aborted ? aborted : { ...answer, ...subjectOf(filled) };
  } catch (error) {
    // A kind answers with a verdict; what it throws nobody foresaw, and unknown is never a pass.
    return { verdict: 'unknown', saw: `the check itself failed: ${messageOf(error)}`, failure: 'internal' };
  } finally {
    deadline.clear();
  }
}

/** A signal that aborts with another, or after so long. Cheaper than `AbortSignal.any`, which is asked of the collector. */
function deadlineOf(signal: AbortSignal, timeout: Millis): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, Math.max(1, Math.ceil(timeout)));
  signal.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}

async function ask(spec: CheckSpec, asking: Asking): Promise<Answer> {
  const kind = (await kinds[spec.kind]()) as Kind<CheckKind>;
  const answer = await Promise.race([kind(spec, asking), overdue(asking.signal, asking.timeout)]);
  if (answer.failure !== 'source' || asking.at.localAddress === undefined) return answer;
  // What runs at a loopback address reaches the world from another of the machine's addresses; so do its checks.
  const { localAddress: _, ...at } = asking.at;
  return ask(spec, { ...asking, at });
}

const aborted: Answer = { verdict: 'unknown', saw: 'stopped before it was answered', failure: 'aborted' };

/** Where a check went, unless its name says so already. */
function subjectOf(spec: CheckSpec): { subject?: string } {
  const address = spec.kind === 'tcp' ? spec.address : spec.kind === 'postgres' ? spec.url : undefined;
  const found = address === undefined ? undefined : parseHostPort(address);
  const subject = found && hostPort(found);
  return subject === undefined || spec.name.includes(subject) ? {} : { subject };
}

const notSet = (names: readonly string[]): string =>
  `${names.join(' and ')} ${names.length > 1 ? 'are' : 'is'} not set`;

/** Answers a while after the deadline, for a check that does not keep it by itself. */
async function overdue(signal: AbortSignal, timeout: Millis): Promise<Answer> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await sleep(mercy, undefined, { ref: false });
  return fail('timeout', `no result in ${inWords(timeout)}`);
}

function resultOf(job: Job, answer: Answer, took: { attempts: number; ms: Millis }): CheckResult {
  const { verdict, saw, hint, failure, subject, scope } = answer;
  return {
    name: job.spec.name,
    kind: job.spec.kind,
    verdict,
    ms: Math.round((answer.ms ?? took.ms) * 10) / 10,
    attempts: took.attempts,
    flaky: took.attempts > 1 && (verdict === 'pass' || verdict === 'warn'),
    from: job.at.from,
    ...(subject === undefined ? {} : { subject: job.redact(subject) }),
    saw: plain(job.redact(saw)),
    ...(hint === undefined ? {} : { hint: plain(job.redact(hint)) }),
    ...(failure === undefined ? {} : { failure }),
    ...(scope === undefined ? {} : { scope }),
  };
}
