import type { Place } from './labels.ts';

/** Which place an instance is started in, and how often one was started there again, in all and in a row. */
export type Vacancy = Pick<Place, 'index' | 'restarts' | 'inARow'> & {
  /** Absent: a name that was never used. */
  readonly id?: string;
};

/** One restart more than the last instance in this place; none in a place that was never taken. */
export function vacancyAfter(ended: readonly { readonly place: Place }[], index: number): Vacancy {
  const before = ended.map(({ place }) => place).filter((place) => place.index === index);
  const next = (counts: readonly number[]): number => Math.max(-1, ...counts) + 1;
  return {
    index,
    restarts: next(before.map(({ restarts }) => restarts)),
    inARow: next(before.map(({ inARow }) => inARow)),
  };
}
