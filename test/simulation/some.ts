import { Coverage } from './coverage.ts';
import { simulate } from './simulate.ts';

/** Which seeds are run: every `stride`-th from the first on. */
export type Seeds = { readonly runs: number; readonly first: number; readonly stride: number };

/** What came of some runs, in a form that another thread can take. */
export type Some = {
  readonly steps: number;
  readonly crashes: number;
  readonly faults: number;
  /** How many events were journalled in each run. */
  readonly events: readonly number[];
  /** Seeds that broke an invariant. */
  readonly violations: readonly number[];
  readonly endings: ReadonlyMap<string, number>;
  readonly hits: Coverage['hits'];
};

/** One run after another. */
export function runSome({ runs, first, stride }: Seeds): Some {
  const coverage = new Coverage();
  const endings = new Map<string, number>();
  const violations: number[] = [];
  const events: number[] = [];
  const sums = { steps: 0, crashes: 0, faults: 0 };
  for (let run = 0, seed = first; run < runs; run++, seed += stride) {
    const report = simulate(seed, {}, coverage);
    sums.steps += report.steps;
    sums.crashes += report.crashes;
    sums.faults += report.faults;
    events.push(report.events);
    for (const ending of report.endings) endings.set(ending, (endings.get(ending) ?? 0) + 1);
    if (report.violation) violations.push(seed);
  }
  return { ...sums, events, violations, endings, hits: coverage.hits };
}
