import { seeded } from './random.ts';

/** Every random decision of a run, by the step of the simulation that asked for it. */
export type Decisions = readonly (readonly number[])[];

/**
 * Where a run's decisions come from: a seed, or a list that was recorded. Every decision is made so that 0 is the dull
 * choice, because what is missing from a shortened list is 0.
 */
export class Schedule {
  readonly #draw: (() => number) | undefined;
  readonly #list: Decisions;
  readonly #length: number;
  readonly #recorded: number[][] | undefined;
  #step = -1;
  #at = 0;

  private constructor(of: { draw?: () => number; list?: Decisions; length: number; record?: boolean }) {
    this.#draw = of.draw;
    this.#list = of.list ?? [];
    this.#length = of.length;
    this.#recorded = of.record ? [] : undefined;
  }

  static seeded(seed: number, length: number, record = false): Schedule {
    return new Schedule({ draw: seeded(seed).next, length, record });
  }

  static listed(list: Decisions): Schedule {
    return new Schedule({ list, length: list.length });
  }

  /** What was decided so far; empty when it is not recorded. */
  get recorded(): Decisions {
    return this.#recorded ?? [];
  }

  /** Goes on to the next step; false when no more surprises come. */
  begin(): boolean {
    this.#step++;
    this.#at = 0;
    if (this.#step >= this.#length) return false;
    this.#recorded?.push([]);
    return true;
  }

  /** 0 ≤ x < 1; 0 once the surprises are over. */
  next(): number {
    if (this.#step >= this.#length) return 0;
    if (!this.#draw) return this.#list[this.#step]?.[this.#at++] ?? 0;
    const drawn = this.#draw();
    this.#recorded?.at(-1)?.push(drawn);
    return drawn;
  }

  chance(probability: number): boolean {
    return this.next() > 1 - probability;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return end <= 1 ? 0 : Math.floor(this.next() * end);
  }

  pick<T>(from: readonly T[]): T {
    const chosen = from[this.below(from.length)];
    if (chosen === undefined) throw new RangeError('nothing to pick from');
    return chosen;
  }
}
