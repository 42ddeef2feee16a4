import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Coverage } from './coverage.ts';
import { type Pair, unhit } from './pairs.ts';
import type { Seeds, Some } from './some.ts';

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
  readonly threads: number;
  readonly seconds: number;
  /** Of all threads, which on a busy machine is less than what the clock says. */
  readonly cpuSeconds: number;
};

/** With this many runs every pair that can occur is expected to. */
const enoughRuns = 50_000;

/** Every seed from the first on, shared out among as many threads as there are processors. */
export async function runMany({ runs, first }: Pick<Seeds, 'runs' | 'first'>): Promise<Many> {
  const threads = Math.min(availableParallelism(), Math.max(runs, 1));
  const begun = { at: performance.now(), cpu: process.cpuUsage() };
  const shares = Array.from({ length: threads }, (_, i) => ({
    runs: Math.ceil((runs - i) / threads),
    first: first + i,
    stride: threads,
  }));
  const parts = await Promise.all(shares.map(inThread));
  const seconds = (performance.now() - begun.at) / 1000;
  const { user, system } = process.cpuUsage(begun.cpu);
  return { runs, ...together(parts, runs), threads, seconds, cpuSeconds: (user + system) / 1e6 };
}

async function inThread(seeds: Seeds): Promise<Some> {
  const worker = new Worker(new URL('thread.ts', import.meta.url), { workerData: seeds });
  const [some] = (await once(worker, 'message')) as [Some];
  return some;
}

function together(parts: readonly Some[], runs: number) {
  const coverage = new Coverage();
  const endings = new Map<string, number>();
  for (const part of parts) {
    coverage.add(part.hits);
    for (const [name, count] of part.endings) endings.set(name, (endings.get(name) ?? 0) + count);
  }
  const sum = (of: (part: Some) => number): number => parts.reduce((all, part) => all + of(part), 0);
  const events = parts.flatMap((part) => part.events).sort((a, b) => a - b);
  return {
    steps: sum(({ steps }) => steps),
    events: events.reduce((all, one) => all + one, 0),
    median: events[Math.floor(events.length / 2)] ?? 0,
    crashes: sum(({ crashes }) => crashes),
    faults: sum(({ faults }) => faults),
    violations: parts.flatMap(({ violations }) => violations).sort((a, b) => a - b),
    endings,
    coverage,
    unhit: runs >= enoughRuns ? unhit(coverage) : [],
  };
}
