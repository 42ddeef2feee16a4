import type { Asked, Claim, Held } from './claim.ts';

export type HoldBounds = {
  /** Requests that may wait at once. */
  readonly atMost: number;
  /** Milliseconds until everything is released by itself: nobody may be there any more to do so. */
  readonly within: number;
};

/** Octets that are kept of the bodies of all who wait, whatever for, beyond what is kept of every request. */
export type Room = { kept: number };

/** `octets`: how many of them may be kept. */
type Bounds = HoldBounds & { readonly octets: number; readonly room: Room };

/** No request takes more than one in so many. */
const shares = 16;

type Admit = (asked: Asked) => Claim | undefined;
type Waiting = { admitted?: (claim: Claim | undefined) => void; readonly asked: Asked; kept: number };

/** The requests of one target that wait for the end of a cutover, in the order in which they came. */
export class Hold {
  readonly #atMost: number;
  readonly #octets: number;
  readonly #room: Room;
  readonly #waiting = new Set<Waiting>();
  readonly #timer: NodeJS.Timeout;
  readonly #before: Hold | undefined;

  /** `before`: who waits there already counts here, and waits for no longer than that one said. */
  constructor({ atMost, within, octets, room }: Bounds, expired: () => void, before?: Hold) {
    this.#atMost = atMost;
    this.#octets = octets;
    this.#room = room;
    this.#timer = setTimeout(expired, within);
    this.#before = before?.size ? before : undefined;
  }

  get size(): number {
    return this.#waiting.size + (this.#before?.size ?? 0);
  }

  /** Undefined when as many wait as may. */
  take(asked: Asked): Held | undefined {
    if (this.size >= this.#atMost) return undefined;
    const place: Waiting = { asked, kept: 0 };
    this.#waiting.add(place);
    return {
      held: true,
      answerHealth: false,
      onAdmitted: (callback) => {
        place.admitted = callback;
      },
      keeps: (octets) => this.#keeps(place, octets),
      leave: () => void this.#remove(place),
    };
  }

  #keeps(place: Waiting, octets: number): boolean {
    this.#room.kept += octets - place.kept;
    place.kept = octets;
    return octets <= this.#octets / shares && this.#room.kept <= this.#octets;
  }

  #remove(place: Waiting): boolean {
    const waited = this.#waiting.delete(place);
    if (waited) this.#room.kept -= place.kept;
    return waited;
  }

  /** Lets everybody go where `admit` says. */
  release(admit: Admit): void {
    clearTimeout(this.#timer);
    this.#before?.release(admit);
    const waiting = [...this.#waiting];
    for (const place of waiting) {
      if (this.#remove(place)) place.admitted?.(admit(place.asked));
    }
  }
}

/** For a balancer that asks whether this host is well while requests wait. */
export const healthy: Held = {
  ...{ held: true, answerHealth: true, onAdmitted: ignore, leave: ignore },
  keeps: () => false,
};

/** It waits for nothing. */
function ignore(): void {
  return;
}
