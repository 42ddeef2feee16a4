/** Milliseconds: every duration in the domain and the ports. */
export type Millis = number;

/** Milliseconds since the Unix epoch, by the wall clock. */
export type Instant = number;
