/** `unknown` is never a pass: not asked yet, or asked too long ago. */
export type Status = 'pass' | 'warn' | 'fail' | 'unknown';

/** Which endpoint a check decides: `/readyz`, `/healthz`, or `/startupz` until it has passed once. */
export type Probe = 'ready' | 'live' | 'startup';

/** What a check may answer: nothing (it passed), or a status with a text for those who may see it. */
export type Answer = { readonly status: 'pass' | 'warn' | 'fail'; readonly output?: string };

export type HealthCheck = {
  /** Letters, digits, `.`, `_`, `:` and `-`; unique. It is shown to everybody. */
  readonly name: string;
  /** Passes unless it throws or answers otherwise. `signal` aborts at the timeout: free what you hold then. */
  // biome-ignore lint/suspicious/noConfusingVoidType: an async function that returns nothing is a Promise<void>.
  readonly check: (signal: AbortSignal) => Promise<Answer | void> | Answer | void;
  /** Default `ready`. A `live` check must be `local`: a restart does not mend a dependency. */
  readonly probe?: Probe;
  /** `shared`: a dependency that other instances ask as well; `local`: this process only. Default `shared`. */
  readonly scope?: 'shared' | 'local';
  /** False: its failure is a warning. Default true. */
  readonly critical?: boolean;
  /** Milliseconds between two runs, jittered by 10 %. Default 5000. */
  readonly every?: number;
  /** Milliseconds after which a run is aborted and counts as failed. Default 2000. */
  readonly timeout?: number;
  /** Milliseconds after which a result counts as unknown. Default 3 × `every` + `timeout`. */
  readonly expires?: number;
  /** Failures in a row that turn a passing check to `fail`. Default 2. */
  readonly failures?: number;
  /** Passes in a row that turn a failing check back. Default 1. */
  readonly successes?: number;
};

/** What is known of a check now. */
export type CheckState = {
  readonly name: string;
  readonly probe: Probe;
  readonly scope: 'shared' | 'local';
  readonly critical: boolean;
  readonly status: Status;
  /** It passed at least once. */
  readonly started: boolean;
  readonly output?: string;
  readonly durationMs?: number;
  readonly ageMs?: number;
};

export type RunningCheck = { state(): CheckState; stop(): void };

/** Time and chance, passed in. */
export type Tools = { readonly now: () => number; readonly random: () => number };

type Result = Answer & { readonly at: number; readonly durationMs: number };

/** Runs a check in the background, now and again and again, one run at a time. */
export function runCheck(check: HealthCheck, tools: Tools): RunningCheck {
  const { every = 5000, timeout = 2000, failures = 2, successes = 1 } = check;
  const { expires = 3 * every + timeout } = check;
  let last: Result | undefined;
  let shown: Answer['status'] | undefined;
  let inRow = 0;
  let started = false;
  let stuck = false;
  let timer: NodeJS.Timeout | undefined;
  const stopped = new AbortController();

  const record = (answer: Answer, since: number): void => {
    last = { ...answer, at: tools.now(), durationMs: tools.now() - since };
    const passed = answer.status !== 'fail';
    // The first result counts at once; afterwards it takes a few in a row to change sides.
    if (shown === undefined || passed === (shown !== 'fail')) inRow = 0;
    else inRow += 1;
    if (inRow === 0 || inRow >= (passed ? successes : failures)) {
      shown = answer.status;
      inRow = 0;
    }
    started ||= passed;
  };
  const run = async (): Promise<void> => {
    const since = tools.now();
    // Never a second run beside one that ignored its abort: each would hold another connection.
    if (stuck) record({ status: 'fail', output: 'the run before has not ended' }, since);
    else record(await once(), since);
    if (!stopped.signal.aborted) schedule();
  };
  const once = (): Promise<Answer> => {
    stuck = true;
    const { answer, ended } = begin(check, timeout, stopped.signal);
    void ended.then(() => {
      stuck = false;
    });
    return answer;
  };
  const schedule = (): void => {
    timer = setTimeout(() => void run(), every * (0.9 + 0.2 * tools.random()));
    timer.unref();
  };
  void run();

  return {
    state: () => {
      const { name, probe = 'ready', scope = 'shared', critical = true } = check;
      const ageMs = last ? tools.now() - last.at : undefined;
      const status = shown === undefined || ageMs === undefined || ageMs > expires ? 'unknown' : shown;
      const known = last && { ageMs: ageMs ?? 0, durationMs: last.durationMs };
      const output = last?.output === undefined ? {} : { output: last.output };
      return { name, probe, scope, critical, status, started, ...known, ...output };
    },
    stop: () => {
      stopped.abort();
      clearTimeout(timer);
    },
  };
}

/** One run: its answer, at the timeout at the latest, and when it has really ended. */
function begin(
  check: HealthCheck,
  timeout: number,
  stopped: AbortSignal,
): { answer: Promise<Answer>; ended: Promise<void> } {
  const aborting = new AbortController();
  const { promise: late, resolve } = Promise.withResolvers<Answer>();
  const timer = setTimeout(() => {
    aborting.abort(new DOMException(`no answer in ${timeout} ms`, 'TimeoutError'));
    resolve({ status: 'fail', output: `no answer in ${timeout} ms` });
  }, timeout);
  timer.unref();
  const signal = AbortSignal.any([aborting.signal, stopped]);
  const real = (async (): Promise<Answer> => {
    try {
      return answerOf(await check.check(signal));
    } catch (error) {
      return { status: 'fail', output: error instanceof Error ? error.message : String(error) };
    } finally {
      clearTimeout(timer);
    }
  })();
  return { answer: Promise.race([real, late]), ended: real.then(() => undefined) };
}

/** Nothing is coerced: `false`, or a Response of status 500, is no pass. */
function answerOf(value: unknown): Answer {
  if (value === undefined) return { status: 'pass' };
  const status = (value as Answer | null)?.status;
  if (status === 'pass' || status === 'warn' || status === 'fail') return value as Answer;
  return { status: 'fail', output: 'the check must return nothing, or { status: "pass", "warn" or "fail" }' };
}
