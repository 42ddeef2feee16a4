import * as z from 'zod/mini';
import { count } from './parts.ts';

/** What one slot was asked at one worker of a proxy, and what is in flight to it now. */
export const TrafficWire = z.strictObject({
  requests: count,
  errors: count,
  inFlight: count,
  /** Sum of all latencies in milliseconds. */
  ms: z.number(),
  /** Answers by the first digit of their status, from 1 to 5. */
  statuses: z.array(count),
  latency: z.strictObject({ bounds: z.array(z.number()), counts: z.array(count) }),
});
export type TrafficWire = z.infer<typeof TrafficWire>;

/** What several workers counted, as if they were one; they have the same bounds. */
export function addTraffic(all: readonly TrafficWire[]): TrafficWire {
  return all.reduce((a, b) => ({
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    inFlight: a.inFlight + b.inFlight,
    ms: a.ms + b.ms,
    statuses: added(a.statuses, b.statuses),
    latency: { bounds: a.latency.bounds, counts: added(a.latency.counts, b.latency.counts) },
  }));
}

const added = (a: readonly number[], b: readonly number[]): number[] => a.map((one, i) => one + (b[i] ?? 0));
