import { Coverage } from './coverage.ts';
import type { Violation } from './invariants/invariants.ts';
import type { Decisions } from './schedule.ts';
import { Schedule } from './schedule.ts';
import { Simulation } from './simulation.ts';
import { realSubject, type Subject } from './subject.ts';

export type Report = {
  /** How many things happened; after each the invariants were checked. */
  readonly steps: number;
  /** How many events were journalled. */
  readonly events: number;
  readonly crashes: number;
  readonly faults: number;
  readonly endings: readonly string[];
  readonly violation?: Violation;
};

export type Observed = Report & { readonly decisions: Decisions; readonly trace: readonly string[] };

/** How many things happen in a run before faults end and everything must come to rest. */
const length = 118;

/** One life of an environment under deploys, rollbacks, aborts and faults; the same for the same seed. */
export const simulate = (seed: number, planted: Partial<Subject> = {}, coverage = new Coverage()): Report =>
  new Simulation(Schedule.seeded(seed, length), { ...realSubject, ...planted }, { coverage }).run();

/** The same life once more, with every decision and everything that happened. */
export function observe(seed: number, planted: Partial<Subject> = {}): Observed {
  const schedule = Schedule.seeded(seed, length, true);
  return observed(schedule, planted);
}

/** A life by a list of decisions instead of a seed. */
export const replay = (decisions: Decisions, planted: Partial<Subject> = {}): Observed => ({
  ...observed(Schedule.listed(decisions), planted),
  decisions,
});

function observed(schedule: Schedule, planted: Partial<Subject>): Observed {
  const trace: string[] = [];
  const subject = { ...realSubject, ...planted };
  const report = new Simulation(schedule, subject, { coverage: new Coverage(), trace }).run();
  return { ...report, trace, decisions: schedule.recorded };
}
