import type { Millis } from '../domain/units.ts';

const first: Millis = 10_000;
const longest: Millis = 5 * 60_000;

/** An instance that ran this long starts with a clean slate. */
export const quiet: Millis = 10 * 60_000;

/**
 * How long an instance that ended stays down: at once the first time, then 10 s, doubling to 5 min, each up to a tenth
 * shorter or longer so that instances that fell together do not rise together. `random` is 0 ≤ x < 1.
 */
export function backoff(restartsInARow: number, random: number): Millis {
  if (restartsInARow <= 0) return 0;
  const whole = Math.min(first * 2 ** (restartsInARow - 1), longest);
  return whole * (0.9 + 0.2 * random);
}

/** How many restarts in a row are behind an instance that ran for `ran`. */
export const inARow = (restarts: number, ran: Millis): number => (ran >= quiet ? 0 : restarts);
