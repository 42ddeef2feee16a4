import type { Asked, Claim, Held } from './claim.ts';

export type HoldBounds = {
  /** Requests that may wait at once. */
  readonly atMost: number;
  /** Milliseconds until everything is released by itself: nobody may be there any more to do so. */
  readonly within: number;
};

type Admit = (asked: Asked) => Claim | undefined;
type Waiting = { admitted?: (claim: Claim | undefined) => void; readonly asked: Asked };

/** The requests of one target that wait for the end of a cutover, in the order in which they came. */
export class Hold {
  readonly #atMost: number;
  readonly #waiting = new Set<Waiting>();
  readonly #timer: NodeJS.Timeout;
  readonly #before: Hold | undefined;

  /** `before`: who waits there already counts here, and waits for no longer than that one said. */
  constructor({ atMost, within }: HoldBounds, expired: () => void, before?: Hold) {
    this.#atMost = atMost;
    this.#timer = setTimeout(expired, within);
    this.#before = before?.size ? before : undefined;
  }

  get size(): number {
    return this.#waiting.size + (this.#before?.size ?? 0);
  }

  /** Undefined when as many wait as may. */
  take(asked: Asked): Held | undefined {
    if (this.size >= this.#atMost) return undefined;
    const place: Waiting = { asked };
    this.#waiting.add(place);
    return {
      held: true,
      answerHealth: false,
      onAdmitted: (callback) => {
        place.admitted = callback;
      },
      leave: () => void this.#waiting.delete(place),
    };
  }

  /** Lets everybody go where `admit` says. */
  release(admit: Admit): void {
    clearTimeout(this.#timer);
    this.#before?.release(admit);
    const waiting = [...this.#waiting];
    for (const place of waiting) {
      if (this.#waiting.delete(place)) place.admitted?.(admit(place.asked));
    }
  }
}

/** For a balancer that asks whether this host is well while requests wait. */
export const healthy: Held = { held: true, answerHealth: true, onAdmitted: ignore, leave: ignore };

/** It waits for nothing. */
function ignore(): void {
  return;
}
