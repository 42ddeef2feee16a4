/** Every limit of the data plane, in milliseconds. */
export const limits = {
  /** A client's request head must be complete within this. */
  head: 20_000,
  /** An idle client connection is closed after this; longer than the 60 s of common balancers in front of us. */
  idleClient: 75_000,
  /** How often the front looks for connections that exceeded a limit. */
  sweep: 5_000,
  /** An instance on this host or next to it accepts a connection at once, or is not there. */
  connect: 3_000,
  /** Silence of an instance before the head of its answer; streams may be silent for as long as they like. */
  answer: 60_000,
  /** A client that leaves sooner than this without an answer says nothing about the instance. */
  patience: 1_000,
  /**
   * A connection to an instance is used again only this soon after its last answer. Node servers close idle ones after
   * 5 s and others after 2 s: a request sent into that close is lost, and cannot be repeated if it has a body.
   */
  idleUpstream: 1_000,
  /** A tunnel's second half may still be written for this long when the first has closed. */
  tunnelLinger: 5_000,
  /** What SIGTERM leaves for answers that are under way; the next proxy starts only afterwards. */
  terminate: 5_000,
};
