import type { CheckResult } from '../domain/check.ts';
import type { Outcome, WorkOf } from '../domain/plan.ts';
import { delayLeft } from '../domain/probe.ts';
import type { Health, Probe } from '../domain/release.ts';
import type { Evidence } from '../ports/evidence.ts';
import { type Call, failed, ok, type Performer } from '../ports/performer.ts';
import { askProbe } from '../ports/probe.ts';
import type { ObservedInstance } from '../ports/runtime.ts';
import { explainEnd, explainSilence } from './explain.ts';
import { fromItself, readinessOf } from './probe.ts';
import { keepAll, lastLines, type Opened, observePool, openRevision, type Tools } from './tools.ts';

type ReadyWork = WorkOf<'ready'>;

/**
 * Waits until every instance of a pool has passed its startup probe, and then its readiness probe several times in a
 * row; that what answers is the instance's own process, and names no other release, is part of it. An instance that takes
 * no traffic only has to stay up. Gives up when an instance ends, when the startup probe's budget is spent, or at the
 * step's deadline. Changes nothing, so it has nothing to undo.
 */
export const readyStep = (tools: Tools): Performer<'ready'> => ({
  perform: async (work, call) => await waitForAll(tools, work, call),
  look: async () => 'not-begun',
});

async function waitForAll(tools: Tools, work: ReadyWork, call: Call): Promise<Outcome> {
  const opened = await openRevision(tools, work.revision);
  const pool = await observePool(tools, work.pool);
  if (!pool || pool.instances.length === 0)
    return failed(`no instance runs in ${work.pool.slot}: 0 of 0 is not ready`);
  const wait = { tools, work, call, opened, health: opened.revision.release.manifest.health };
  const one = work.pool.role === 'web' ? waitForOne : staysUp;
  const ends = await Promise.all(pool.instances.map((instance) => one(wait, instance)));
  const answers: Evidence = { of: 'checks', results: ends.flatMap(answersOf) };
  // Who takes no traffic has answered nothing.
  const kept = answers.results.length > 0 ? [answers] : [];
  const bad = ends.find((end) => 'instance' in end);
  if (!bad) return ok(await keepAll(tools, work.pool.target, kept));
  const lines = await lastLines(tools, work.pool, opened.secrets);
  const evidence = await keepAll(tools, work.pool.target, [...kept, { of: 'log', lines }]);
  const { instance, last } = bad;
  const { slot } = work.pool;
  const explained = bad.ended
    ? explainEnd(instance, slot, lines)
    : await explainSilence(tools, { instance, slot, last });
  return failed(explained.why, { hint: explained.hint, evidence });
}

/** What proved an instance, or what it answered last before it was given up. */
function answersOf(end: Ready | NotReady): readonly CheckResult[] {
  if ('answers' in end) return end.answers;
  return end.last ? [{ ...end.last, subject: end.instance.id }] : [];
}

type Wait = {
  readonly tools: Tools;
  readonly work: ReadyWork;
  readonly call: Call;
  readonly opened: Opened;
  readonly health: Health;
};

/** Ready, with the last answer to each of its probes. */
type Ready = { readonly answers: readonly CheckResult[] };

type NotReady = {
  readonly instance: ObservedInstance;
  /** The instance is no more. */
  readonly ended: boolean;
  /** What its last probe saw. */
  readonly last?: CheckResult;
};

async function waitForOne(wait: Wait, instance: ObservedInstance): Promise<Ready | NotReady> {
  const { startup, ready } = wait.health;
  const started = await ask(wait, instance, {
    name: 'startup probe',
    probe: startup,
    passes: 1,
    attempts: startup.failures,
  });
  if ('instance' in started) return started;
  const passes = Math.max(wait.work.passes, ready.successes);
  // Once started, an instance gets as many attempts again to become ready.
  const become = await ask(wait, instance, {
    name: 'readiness probe',
    probe: ready,
    passes,
    attempts: startup.failures + passes,
  });
  return 'instance' in become ? become : { answers: [...started.answers, ...become.answers] };
}

/** Between two looks at an instance that nobody can ask. */
const lookEvery = 500;

/** An instance that takes no traffic cannot be asked: it counts as ready when it still runs some looks later. */
async function staysUp(wait: Wait, instance: ObservedInstance): Promise<Ready | NotReady> {
  for (let look = 0; look <= wait.work.passes; look++) {
    const current = await currentState(wait, instance);
    if (!current || current.state.is === 'ended') return { instance: current ?? instance, ended: true };
    if (look < wait.work.passes) await wait.tools.clock.sleep(lookEvery, wait.call.signal);
  }
  return { answers: [] };
}

type Asking = {
  readonly name: string;
  readonly probe: Probe;
  readonly passes: number;
  readonly attempts: number;
};

/** The first pauses are short, so that a quick start is not made slow by a long period. */
const firstPause = 25;

async function ask(wait: Wait, instance: ObservedInstance, asking: Asking): Promise<Ready | NotReady> {
  const { tools, opened } = wait;
  const { signal } = wait.call;
  await delay(wait, instance, asking.probe);
  let last: CheckResult | undefined;
  let passed = 0;
  let pause = firstPause;
  for (let spent = 0; spent < asking.attempts * asking.probe.every; ) {
    const begun = tools.clock.mono();
    const current = await currentState(wait, instance);
    if (!current || current.state.is === 'ended') return { instance: current ?? instance, ended: true };
    const answer = await askProbe(tools, instance, { ...readinessOf(opened, signal), ...asking });
    last = await fromItself(tools, instance, answer);
    passed = last.verdict === 'pass' ? passed + 1 : 0;
    if (passed >= asking.passes) return { answers: [{ ...last, subject: instance.id }] };
    if (signal.aborted) break;
    await tools.clock.sleep(passed > 0 ? firstPause : pause, signal);
    pause = Math.min(pause * 2, asking.probe.every);
    spent += tools.clock.mono() - begun;
  }
  return { instance, ended: false, ...(last ? { last } : {}) };
}

/** A probe is not asked before its delay; the time is not taken from its attempts. */
async function delay({ tools, call }: Wait, { state }: ObservedInstance, probe: Probe): Promise<void> {
  const left = state.is === 'running' ? delayLeft(probe, state.startedAt, tools.clock.wall()) : 0;
  if (left > 0) await tools.clock.sleep(left, call.signal);
}

const currentState = async (
  { tools, work }: Wait,
  instance: ObservedInstance,
): Promise<ObservedInstance | undefined> =>
  (await observePool(tools, work.pool))?.instances.find((one) => one.id === instance.id);
