/**
 * Cumulative counts of one slot as its router saw it, or one of the workers it has. Differences are meaningful only within
 * one incarnation.
 */
export type Counters = {
  /** Changes whenever the counter started again at zero. */
  readonly incarnation: string;
  readonly requests: number;
  /** Answers with status 5xx, and requests that got no complete answer. */
  readonly errors: number;
  readonly inFlight: number;
  readonly latency: Histogram;
};

/** `counts[i]` requests took at most `bounds[i]` milliseconds and more than the bound before; the last has no bound. */
export type Histogram = { readonly bounds: readonly number[]; readonly counts: readonly number[] };
