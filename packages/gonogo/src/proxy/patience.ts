import type { Limits } from './limits.ts';

/** What an exchange waits for. */
export type Awaited =
  | 'connection'
  | 'request'
  | 'answer'
  | 'content'
  | 'reader'
  | 'half-closed reader'
  | 'nothing';

/** How long one exchange may go on, in all and without a sign of life. */
export class Patience {
  readonly #limits: Limits;
  readonly #clock: { readonly now: number };
  /** Undefined while it waits for a cutover. */
  #began: number | undefined;
  #asked: number;
  #touched: number;

  constructor({ limits, clock }: { readonly limits: Limits; readonly clock: { readonly now: number } }) {
    this.#limits = limits;
    this.#clock = clock;
    this.#asked = clock.now;
    this.#touched = clock.now;
  }

  /** A sign of life. */
  touch(): void {
    this.#touched = this.#clock.now;
  }

  /** An instance is asked: what was waited for so far was not its fault, nor the client's. */
  begin(): void {
    this.#began ??= this.#clock.now;
    this.#asked = this.#clock.now;
    this.#touched = this.#clock.now;
  }

  /** Someone who left now waited for so long, with nothing to do but wait, that it says something about the instance. */
  get isLong(): boolean {
    return performance.now() - this.#touched > this.#limits.patience;
  }

  /** Whether it may go on no longer; `received`: octets of the request's body so far. */
  isOver(awaited: Awaited, received: number): boolean {
    const { total, body, bodyRate } = this.#limits;
    const { now } = this.#clock;
    if (awaited === 'nothing') return false;
    if (total > 0 && now - (this.#began ?? now) > total) return true;
    // A body that comes octet by octet keeps a place busy.
    const due = bodyRate > 0 ? body + (received / bodyRate) * 1000 : Number.POSITIVE_INFINITY;
    if (awaited === 'request' && now - this.#asked > due) return true;
    return now - this.#touched > patienceFor(awaited, this.#limits);
  }
}

/** How long it may go on without a sign of life, in milliseconds. */
function patienceFor(awaited: Awaited, limits: Limits): number {
  switch (awaited) {
    case 'connection':
      return limits.connect;
    case 'request':
    case 'reader':
      return limits.body;
    case 'answer':
      return limits.answer;
    case 'content':
      return limits.silence;
    case 'half-closed reader':
      return limits.halfClosed;
    case 'nothing':
      return Number.POSITIVE_INFINITY;
  }
}
