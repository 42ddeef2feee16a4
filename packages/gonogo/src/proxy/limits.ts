/** Every limit of the data plane; times in milliseconds. `wire/proxy.ts` says which of them a user may set. */
export type Limits = {
  /** A client's request head must be complete within this. */
  readonly head: number;
  /** Silence of a client in the middle of its request's body, or of one that does not read its answer. */
  readonly body: number;
  /** Octets a second that a body must come with, as it may take `body` and no longer for the first of them. */
  readonly bodyRate: number;
  /** An idle client connection is closed after this. */
  readonly idleClient: number;
  /**
   * From a request's first byte, or the end of the cutover that it waited for, to its answer's last; 0: as long as it likes.
   * WebSockets and event streams have none.
   */
  readonly total: number;
  /** How often the front looks for connections that exceeded a limit. */
  readonly sweep: number;
  /** An instance on this host or next to it accepts a connection at once, or is not there. */
  readonly connect: number;
  /** Silence of an instance before the head of its answer; streams may be silent for as long as they like. */
  readonly answer: number;
  /** A client that leaves sooner than this without an answer says nothing about the instance. */
  readonly patience: number;
  /**
   * A connection to an instance is used again only this soon after its last answer. Node servers close idle ones after
   * 5 s and others after 2 s: a request sent into that close is lost, and cannot be repeated if it has a body.
   */
  readonly idleUpstream: number;
  /** An idle connection to an instance is closed after this. */
  readonly keepUpstream: number;
  /** Silence of an instance in the middle of an answer that is no event stream, and of a tunnel that one end has ended. */
  readonly silence: number;
  /** So many requests in a row without an answer take an instance out; a refused connection does so at once. */
  readonly failures: number;
  /** An instance that was taken out is tried again after this, and twice as long after each time it fails again. */
  readonly ejection: number;
  /** An instance that joins others reaches its full share within this; 0: at once. */
  readonly slowStart: number;
  /** A client that closed its half gets the rest of its answer while that is silent for no longer than this. */
  readonly halfClosed: number;
  /** A closed connection is still read for this long, so that its last answer is not lost to a reset. */
  readonly linger: number;
  /** A tunnel's second half may still be written for this long when the first has closed. */
  readonly tunnelLinger: number;
  /** What SIGTERM leaves for answers that are under way; the next proxy starts only afterwards. */
  readonly terminate: number;
  /** The request line and all fields together; more is answered 431. */
  readonly headBytes: number;
  /** Request fields; more is answered 431. */
  readonly fields: number;
  /** The request target; more is answered 414. */
  readonly uriBytes: number;
  /** A request's body; more is answered 413. 0: as large as it likes. */
  readonly bodyBytes: number;
  /** What is kept in memory in each direction of a connection for a peer that reads slowly. */
  readonly bufferedBytes: number;
  /** What is kept in memory of the bodies of all requests that wait for cutovers, beyond the first 64 KB of each. */
  readonly heldBytes: number;
  /** Client connections in all; one more is closed at once. */
  readonly connections: number;
  /** Client connections of one address, unless it is a trusted proxy or this machine; 0: as many as in all. */
  readonly connectionsPerAddress: number;
};

export const limits: Limits = {
  head: 20_000,
  body: 60_000,
  bodyRate: 500,
  idleClient: 75_000, // Longer than the 60 s of common balancers in front of us.
  total: 0,
  sweep: 500,
  connect: 3_000,
  answer: 60_000,
  patience: 1_000,
  idleUpstream: 1_000,
  keepUpstream: 30_000,
  silence: 300_000,
  failures: 5,
  ejection: 1_000,
  slowStart: 10_000,
  halfClosed: 5_000,
  linger: 2_000,
  tunnelLinger: 5_000,
  terminate: 5_000,
  headBytes: 32_768,
  fields: 100,
  uriBytes: 8_192,
  bodyBytes: 1_073_741_824,
  bufferedBytes: 65_536,
  heldBytes: 16_777_216,
  connections: 20_000,
  connectionsPerAddress: 4_000,
};
