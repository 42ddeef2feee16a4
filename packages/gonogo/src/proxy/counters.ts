import { randomUUID } from 'node:crypto';
import type { TrafficWire } from '../wire/traffic.ts';

/** Upper bounds in milliseconds, log-spaced by a quarter: 0.1 ms to about two minutes. */
export const latencyBounds: readonly number[] = Array.from({ length: 64 }, (_, i) =>
  Number((0.1 * 1.25 ** i).toPrecision(4)),
);

export type Ended = {
  /** From the claim to the head of the answer, or to the failure. */
  readonly ms: number;
  /** Status 5xx, or no complete answer. */
  readonly failed: boolean;
  /** False for the router's own questions, which no user asked. */
  readonly counted: boolean;
  /** Of the answer; 0 when there was none. */
  readonly status: number;
};

/** What one slot was asked since somebody came to be in it, and what is in flight to them now. */
export class Traffic {
  /** New with every process and every slot that is filled, because counting starts at zero. */
  readonly incarnation = randomUUID();
  requests = 0;
  errors = 0;
  inFlight = 0;
  /** Sum of all latencies in milliseconds. */
  ms = 0;
  /** Answers by the first digit of their status, from 1 to 5. */
  readonly statuses: number[] = [0, 0, 0, 0, 0];
  readonly latency: number[] = new Array(latencyBounds.length + 1).fill(0);

  begin(): void {
    this.inFlight += 1;
  }

  end({ ms, failed, counted, status }: Ended): void {
    this.inFlight -= 1;
    if (counted) {
      this.ms += ms;
      if (status >= 100 && status < 600) {
        const digit = Math.trunc(status / 100) - 1;
        this.statuses[digit] = (this.statuses[digit] ?? 0) + 1;
      }
      this.requests += 1;
      if (failed) this.errors += 1;
      const bucket = bucketOf(ms);
      this.latency[bucket] = (this.latency[bucket] ?? 0) + 1;
    }
  }
}

/** The first bound that is not below `ms`; the bucket after the last has no bound. */
export function bucketOf(ms: number): number {
  let low = 0;
  let high = latencyBounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((latencyBounds[middle] ?? Number.POSITIVE_INFINITY) >= ms) high = middle;
    else low = middle + 1;
  }
  return low;
}

export const counted = (traffic: Traffic) => ({ incarnation: traffic.incarnation, ...countsOf(traffic) });

export const countsOf = ({ requests, errors, inFlight, ms, statuses, latency }: Traffic): TrafficWire => ({
  requests,
  errors,
  inFlight,
  ms,
  statuses: [...statuses],
  latency: { bounds: [...latencyBounds], counts: [...latency] },
});
