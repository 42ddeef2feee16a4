import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HealthCheck } from './check.ts';

export type EventLoopOptions = {
  /** Milliseconds of delay from which it warns. Default 100. */
  readonly warn?: number;
  /** Milliseconds of delay from which it fails. Default 1000. */
  readonly fail?: number;
  /** Milliseconds that each measurement covers, and no more: an old peak is forgotten. Default 5000. */
  readonly window?: number;
};

const resolution = 20;

/** A check of how late this process's timers are: the 99th percentile of the last window, not since it started. */
export function eventLoopDelay({
  warn = 100,
  fail = 1000,
  window = 5000,
}: EventLoopOptions = {}): HealthCheck {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  return {
    name: 'event-loop',
    scope: 'local',
    every: window,
    check: () => {
      // The histogram holds times between ticks, and an undelayed one takes `resolution`.
      const delay = histogram.count === 0 ? 0 : Math.max(0, histogram.percentile(99) / 1e6 - resolution);
      histogram.reset();
      const status = delay >= fail ? 'fail' : delay >= warn ? 'warn' : 'pass';
      return { status, output: `${Math.round(delay)} ms` };
    },
  };
}
