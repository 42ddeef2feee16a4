import type { CheckResult } from '../domain/check.ts';
import { rolloutOf } from '../domain/course.ts';
import type { EvidenceRef, Outcome, WorkOf } from '../domain/plan.ts';
import type { Counters } from '../domain/signals.ts';
import type { PoolId } from '../domain/slot.ts';
import { describeSplit, servingSlots } from '../domain/split.ts';
import type { Evidence } from '../ports/evidence.ts';
import { type Call, failed, ok, type Performer } from '../ports/performer.ts';
import type { Arrivals } from './arrivals.ts';
import { insideOf } from './check.ts';
import { explainEnd } from './explain.ts';
import { Meter } from './meter.ts';
import { type Answered, answersOf, askReadiness, readinessOf, thoseReady } from './probe.ts';
import { keepAll, lastLines, type Opened, observePool, openRevision, type Tools } from './tools.ts';

type WatchWork = WorkOf<'watch'>;

/** Traffic and instances are looked at this often. */
const period = 250;

/** The checks are asked again this often. */
const checkEvery = 10_000;

/**
 * Watches the new revision under users' traffic: its error rate and latency against what served before the flip, its
 * instances, and its checks again and again. Fails at the first regression; a watch that was interrupted starts again.
 * Changes nothing, so it has nothing to undo, and ends when its time is over.
 */
export const watchStep = (tools: Tools, arrivals: Arrivals): Performer<'watch'> => ({
  perform: async (work, call) =>
    await new Watch(tools, work, call).run(arrivals.take(rolloutOf(call.key), work.pool)),
  look: async () => 'not-begun',
});

class Watch {
  readonly #tools: Tools;
  readonly #work: WatchWork;
  readonly #call: Call;
  readonly #meter: Meter;
  /** What the instances answered last to their readiness. */
  #answered: readonly Answered[] = [];
  /** What the checks answered last. */
  #checked: readonly CheckResult[] = [];
  readonly #restarts = new Map<string, number>();

  constructor(tools: Tools, work: WatchWork, call: Call) {
    this.#tools = tools;
    this.#work = work;
    this.#call = call;
    this.#meter = new Meter(tools.router, work);
  }

  /** `since`: what its slot's counters said before users came. */
  async run(since: readonly Counters[] | undefined): Promise<Outcome> {
    const opened = await openRevision(this.#tools, this.#work.revision);
    await this.#begin(since);
    const end = this.#tools.clock.mono() + this.#work.rules.for;
    let checkAt = this.#tools.clock.mono() + checkEvery;
    for (;;) {
      const left = end - this.#tools.clock.mono();
      const wrong =
        (await this.#look(opened, left <= 0)) ?? (left <= 0 ? await this.#ask(opened) : undefined);
      if (wrong) return wrong;
      if (left <= 0) return (await this.#usersElsewhere(opened)) ?? (await this.#succeed(opened));
      if (this.#tools.clock.mono() >= checkAt) {
        const failure = await this.#ask(opened);
        if (failure) return failure;
        checkAt = this.#tools.clock.mono() + checkEvery;
      }
      await this.#tools.clock.sleep(Math.min(period, Math.max(left, 1)), this.#call.signal);
    }
  }

  async #begin(since: readonly Counters[] | undefined): Promise<void> {
    await this.#meter.begin(since);
    for (const one of this.#pools)
      this.#restarts.set(one.role, (await observePool(this.#tools, one))?.restarts ?? 0);
  }

  get #pools(): readonly PoolId[] {
    return [this.#work.pool, ...(this.#work.workers ?? [])];
  }

  async #look(opened: Opened, isOver: boolean): Promise<Outcome | undefined> {
    await this.#meter.read();
    const judgement = this.#meter.judge(isOver);
    if (judgement.is === 'regressed')
      return await this.#fail(opened, judgement.why, 'its last output is kept with this rollout');
    return await this.#instances(opened);
  }

  /** Somebody may have moved users while nobody but us watched: then what was seen proves nothing. */
  async #usersElsewhere(opened: Opened): Promise<Outcome | undefined> {
    const { split } = await this.#tools.router.observe(this.#work.pool.target);
    if (servingSlots(split).includes(this.#work.pool.slot)) return undefined;
    const why = `while it was watched, somebody else sent users to ${describeSplit(split)}`;
    return await this.#fail(opened, why, 'see who changes the router, and deploy again');
  }

  /** An instance that ends while it is watched was not ready to live, whatever its role. */
  async #instances(opened: Opened): Promise<Outcome | undefined> {
    for (const pool of this.#pools) {
      const wrong = await this.#ended(opened, pool);
      if (wrong) return wrong;
    }
    return undefined;
  }

  async #ended(opened: Opened, id: PoolId): Promise<Outcome | undefined> {
    const pool = await observePool(this.#tools, id);
    const ended = pool?.instances.find((instance) => instance.state.is === 'ended');
    if (!pool) return await this.#fail(opened, `every instance in ${id.slot} is gone`);
    if (ended) {
      const lines = await lastLines(this.#tools, id, opened.secrets);
      const { why, hint } = explainEnd(ended, id.slot, lines);
      return await this.#fail(opened, why, hint);
    }
    return pool.restarts > (this.#restarts.get(id.role) ?? 0)
      ? await this.#fail(opened, 'an instance ended and was started again')
      : undefined;
  }

  /** Readiness, which even a release without checks and without traffic has, and then the checks. */
  async #ask(opened: Opened): Promise<Outcome | undefined> {
    return (await this.#readiness(opened)) ?? (await this.#check(opened));
  }

  async #readiness(opened: Opened): Promise<Outcome | undefined> {
    const { pool } = this.#work;
    const instances = (await observePool(this.#tools, pool))?.instances ?? [];
    this.#answered = await askReadiness(this.#tools, instances, readinessOf(opened, this.#call.signal));
    const ready = thoseReady(this.#answered);
    if (ready.length === instances.length && ready.length > 0) return undefined;
    const many = `${ready.length} of ${instances.length} instances in ${pool.slot} are ready`;
    return await this.#fail(opened, `while it was watched, ${many}`, 'see why its readiness answers no');
  }

  async #check(opened: Opened): Promise<Outcome | undefined> {
    const { checks } = opened.revision.release.manifest;
    if (checks.length === 0) return undefined;
    const vantage = await insideOf(this.#tools, this.#work.pool, { opened, ended: false });
    if ('gap' in vantage) return await this.#fail(opened, vantage.gap);
    const options = { secrets: opened.secrets, signal: this.#call.signal };
    this.#checked = await this.#tools.checks.run(checks, vantage, options);
    const bad = this.#checked.find((result) => result.verdict === 'fail' || result.verdict === 'unknown');
    return bad ? await this.#fail(opened, `${bad.name}: ${bad.saw}`, bad.hint) : undefined;
  }

  async #fail(opened: Opened, why: string, hint?: string): Promise<Outcome> {
    return failed(why, {
      evidence: await this.#evidence(opened),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  async #succeed(opened: Opened): Promise<Outcome> {
    return { ...ok(await this.#evidence(opened)), provenBy: this.#meter.provenBy };
  }

  /** What was counted, what the instances and the checks answered last, and what the release printed last, however it ended. */
  async #evidence(opened: Opened): Promise<EvidenceRef[]> {
    const { pool } = this.#work;
    const lines = await lastLines(this.#tools, pool, opened.secrets);
    const kept: Evidence[] = [
      { of: 'traffic', facts: this.#meter.facts },
      ...(this.#answered.length > 0 ? [answersOf(this.#answered)] : []),
      ...(this.#checked.length > 0 ? [{ of: 'checks', results: this.#checked } as const] : []),
      { of: 'log', lines },
    ];
    return await keepAll(this.#tools, pool.target, kept);
  }
}
