import {
  addTraffic,
  type Judgement,
  judge,
  noTraffic,
  quantile,
  type Traffic,
  trafficBetween,
} from '../domain/judge.ts';
import type { ProvenBy, WorkOf } from '../domain/plan.ts';
import type { Counters } from '../domain/signals.ts';
import { read } from './arrivals.ts';
import type { Tools } from './tools.ts';

type Measured = Pick<WorkOf<'watch'>, 'pool' | 'baseline' | 'rules'>;

/** What users get from the slot that is watched, beside what they got from the other one before. */
export class Meter {
  readonly #router: Tools['router'];
  readonly #work: Measured;
  #blue: Traffic = noTraffic;
  #green: Traffic = noTraffic;
  #reading: readonly Counters[] = [];

  constructor(router: Tools['router'], work: Measured) {
    this.#router = router;
    this.#work = work;
  }

  /**
   * What blue did before the flip is the measure; what green did before it (checks, an earlier time) does not count.
   * `since`: what green's counters said then. What failed from then on counts; how long it took only from now on, since
   * who has just begun, and those who waited for it, take longer.
   */
  async begin(since: readonly Counters[] | undefined): Promise<void> {
    const { baseline, pool } = this.#work;
    if (baseline) this.#blue = trafficBetween([], (await read(this.#router, baseline)) ?? []);
    this.#reading = (await read(this.#router, pool)) ?? [];
    if (since) this.#green = { ...trafficBetween(since, this.#reading), latency: noTraffic.latency };
  }

  /** Counts what has come since. */
  async read(): Promise<void> {
    const counters = await read(this.#router, this.#work.pool);
    if (!counters) return;
    this.#green = addTraffic(this.#green, trafficBetween(this.#reading, counters));
    this.#reading = counters;
  }

  judge(isOver: boolean): Judgement {
    return judge(this.#work.rules, { green: this.#green, blue: this.#blue, isOver });
  }

  get provenBy(): ProvenBy {
    return this.judge(true).is === 'unknown' ? 'checks' : 'traffic';
  }

  get facts(): Record<string, string | number> {
    return { ...inWords('', this.#green), ...inWords('_before', this.#blue), judged_by: this.provenBy };
  }
}

/** A latency is a fact only where something was asked. */
const inWords = (when: string, { requests, errors, latency }: Traffic): Record<string, number> => ({
  [`requests${when}`]: requests,
  [`errors${when}`]: errors,
  ...(requests === 0 ? {} : { [`p99_ms${when}`]: Math.round(quantile(latency, 0.99)) }),
});
