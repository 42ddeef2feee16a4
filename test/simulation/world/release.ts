import type { Migration, Worker } from '../../../packages/gonogo/src/strategies/world.ts';
import type { Schedule } from '../schedule.ts';

/** What a release is like: what its manifest asks for, and how it fares once it runs. */
export type Character = {
  /** How long its instances take to become ready, in milliseconds; for ever, for one that cannot start. */
  readonly startsIn: number;
  /** Its contract's variables are there. */
  readonly declared: boolean;
  /** What it must reach can be reached from its slot. */
  readonly reaches: boolean;
  /** Its own checks pass before it has users. */
  readonly passes: boolean;
  /** It fails under users' requests. */
  readonly errs: boolean;
  readonly workers: readonly Worker[];
  /** How it changes the database, and whether what ran before can live with that. */
  readonly migration?: Migration & { readonly breaks: boolean };
};

const good: Character = {
  startsIn: 200,
  declared: true,
  reaches: true,
  passes: true,
  errs: false,
  workers: [],
};

const flawed: readonly Partial<Character>[] = [
  { errs: true },
  { startsIn: Number.POSITIVE_INFINITY },
  { passes: false },
  { reaches: false },
  { declared: false },
  { startsIn: 2_500 },
];

const mailer: Worker = { role: 'mailer', replicas: 1, overlap: false };
const indexer: Worker = { role: 'indexer', replicas: 1, overlap: true };
const crews: readonly (readonly Worker[])[] = [[], [mailer], [indexer], [mailer, indexer]];

/** Roles that never run in both slots at once. */
export const runsAlone = (role: string): boolean => role === mailer.role;

/** Most releases are good; the others have one flaw. Some have workers, and some change the database. */
export function someCharacter(schedule: Schedule): Character {
  const flaw = schedule.chance(0.25) ? schedule.pick(flawed) : {};
  const workers = schedule.chance(0.3) ? schedule.pick(crews) : [];
  const migration = schedule.chance(0.3) ? someMigration(schedule) : undefined;
  return { ...good, ...flaw, workers, ...(migration ? { migration } : {}) };
}

const someMigration = (schedule: Schedule): NonNullable<Character['migration']> => ({
  when: schedule.pick(['before-start', 'after-ready'] as const),
  undo: schedule.chance(0.5),
  repeatable: schedule.chance(0.5),
  breaks: schedule.chance(0.3),
  within: 120_000,
});
