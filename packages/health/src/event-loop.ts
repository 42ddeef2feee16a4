import type { HealthCheck } from './check.ts';

export type EventLoopOptions = {
  /** Milliseconds of delay from which it warns. Default 100. */
  readonly warn?: number;
  /** Milliseconds of delay from which it fails. Default 1000. */
  readonly fail?: number;
  /** Milliseconds that each measurement covers, and no more: an old peak is forgotten. Default 5000. */
  readonly window?: number;
};

const tickMillis = 50;

/**
 * A check of how late this process's timers are: the longest delay of the last window, not an average since it started.
 * Measured by a timer of its own, because resetting `monitorEventLoopDelay` hides a delay that begins right then.
 */
export function eventLoopDelay({
  warn = 100,
  fail = 1000,
  window = 5000,
}: EventLoopOptions = {}): HealthCheck {
  let expected = performance.now() + tickMillis;
  let longest = 0;
  const measure = (): void => {
    longest = Math.max(longest, performance.now() - expected);
  };
  setInterval(() => {
    measure();
    expected = performance.now() + tickMillis;
  }, tickMillis).unref();
  return {
    name: 'event-loop',
    scope: 'local',
    every: window,
    check: () => {
      measure(); // The delay may have held up this run as well, before the next tick.
      const delay = Math.round(longest);
      longest = 0;
      return { status: delay >= fail ? 'fail' : delay >= warn ? 'warn' : 'pass', output: `${delay} ms` };
    },
  };
}
