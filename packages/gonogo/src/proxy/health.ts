import type { Limits } from './limits.ts';

const maxEjection = 30_000;

/**
 * What requests tell about an instance: one that refuses a connection, or fails several requests in a row, is left out for
 * a while that doubles each time; one that is new beside others gets its share little by little.
 */
export class Health {
  readonly #limits: Limits;
  #failures = 0;
  #ejections = 0;
  #outUntil = 0;
  #newSince = 0;
  #credit = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** It came to a pool in which others serve. */
  startSlowly(now = performance.now()): void {
    if (this.#limits.slowStart > 0) this.#newSince = now;
  }

  /** A request was answered, however. */
  succeeded(): void {
    this.#failures = 0;
    this.#ejections = 0;
    this.#outUntil = 0;
  }

  /** A request got no answer; `refused`: not even a connection. */
  failed(refused: boolean, now = performance.now()): void {
    if (now < this.#outUntil) return; // It is left out for this already.
    this.#failures += 1;
    if (!refused && this.#failures < this.#limits.failures) return;
    this.#outUntil = now + Math.min(this.#limits.ejection * 2 ** this.#ejections, maxEjection);
    this.#ejections += 1;
    this.#failures = 0;
  }

  /** Whether the next request may go there, as long as there is another instance that takes it. */
  takes(now = performance.now()): boolean {
    return (this.#outUntil === 0 || now >= this.#outUntil) && (this.#newSince === 0 || this.#takesTurn(now));
  }

  /** True when nothing is known that keeps requests away: then nobody has to look at the clock. */
  get plain(): boolean {
    return this.#outUntil === 0 && this.#newSince === 0;
  }

  /** From a tenth of the turns to all of them. */
  #takesTurn(now: number): boolean {
    const share = (now - this.#newSince) / this.#limits.slowStart;
    if (share >= 1) {
      this.#newSince = 0;
      return true;
    }
    this.#credit += Math.max(0.1, share);
    if (this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }
}
