import type { Schedule } from '../schedule.ts';

/** What a release is like once it runs. */
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
};

const good: Character = { startsIn: 200, declared: true, reaches: true, passes: true, errs: false };

const flawed: readonly Partial<Character>[] = [
  { errs: true },
  { startsIn: Number.POSITIVE_INFINITY },
  { passes: false },
  { reaches: false },
  { declared: false },
  { startsIn: 2_500 },
];

/** Most releases are good; the others have one flaw. */
export const someCharacter = (schedule: Schedule): Character =>
  schedule.chance(0.25) ? { ...good, ...schedule.pick(flawed) } : good;
