import { Coverage } from './coverage.ts';
import { type Pair, unhit } from './pairs.ts';
import { simulate } from './simulate.ts';

export type Many = {
  readonly runs: number;
  readonly steps: number;
  readonly events: number;
  /** The median of journalled events in a run. */
  readonly median: number;
  readonly crashes: number;
  readonly faults: number;
  /** Seeds that broke an invariant. */
  readonly violations: readonly number[];
  readonly endings: ReadonlyMap<string, number>;
  readonly coverage: Coverage;
  /** Pairs of fault and step that can occur and did not, when there were enough runs to expect them all. */
  readonly unhit: readonly Pair[];
  readonly seconds: number;
  /** Of this process, which on a busy machine is less than what the clock says. */
  readonly cpuSeconds: number;
};

/** With this many runs every pair that can occur is expected to. */
const enoughRuns = 50_000;

/** One run after another, from the first seed on. */
export function runMany({ runs, first }: { readonly runs: number; readonly first: number }): Many {
  const coverage = new Coverage();
  const endings = new Map<string, number>();
  const violations: number[] = [];
  const events: number[] = [];
  const sums = { steps: 0, crashes: 0, faults: 0 };
  const begun = { at: performance.now(), cpu: process.cpuUsage() };
  for (let seed = first; seed < first + runs; seed++) {
    const report = simulate(seed, {}, coverage);
    sums.steps += report.steps;
    sums.crashes += report.crashes;
    sums.faults += report.faults;
    events.push(report.events);
    for (const ending of report.endings) endings.set(ending, (endings.get(ending) ?? 0) + 1);
    if (report.violation) violations.push(seed);
  }
  const seconds = (performance.now() - begun.at) / 1000;
  const { user, system } = process.cpuUsage(begun.cpu);
  events.sort((a, b) => a - b);
  return {
    runs,
    ...sums,
    events: events.reduce((sum, one) => sum + one, 0),
    median: events[Math.floor(events.length / 2)] ?? 0,
    violations,
    endings,
    coverage,
    unhit: runs >= enoughRuns ? unhit(coverage) : [],
    seconds,
    cpuSeconds: (user + system) / 1e6,
  };
}
