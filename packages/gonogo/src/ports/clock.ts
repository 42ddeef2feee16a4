import type { Instant, Millis } from '../domain/units.ts';

/** Time as something passed in: no step calls `setTimeout` or `Date.now` itself. */
export interface Clock {
  /** The wall clock, for what is shown to people and stored. May jump. */
  wall(): Instant;
  /** A monotonic clock, for every duration and deadline. */
  mono(): Millis;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: Millis, signal?: AbortSignal): Promise<void>;
}
