import type { Origin } from './forwarded.ts';
import type { BodySink } from './http/chunked.ts';
import type { Refusal } from './http/refusal.ts';
import type { ResponseHead } from './http/response-head.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

export type AnswerSink = BodySink & {
  /** The client does not take more of its answer yet. */
  readonly congested: boolean;
  /** All that came at once was handed over: it may be written. */
  flush(): void;
};

/** The client's side of an exchange: whoever speaks a protocol to a client implements this. */
export type ClientSide = {
  /** Takes the content of the answer. */
  readonly sink: AnswerSink;
  readonly origin: Origin;
  inform(head: ResponseHead): void;
  answer(head: ResponseHead, marks: readonly string[]): void;
  finish(trailers: string): void;
  /** A complete answer of the proxy's own; `close` ends the connection after it. */
  refuse(refusal: Refusal, close: boolean): void;
  /** The answer that was begun cannot be completed. */
  truncate(): void;
  /** The stream or the tunnel ends here, with all that came so far. */
  cut(): void;
  /** Stops and continues the body of the request. */
  stopBody(): void;
  continueBody(): void;
  /** The connection is a tunnel to the instance from now on. */
  tunnel(
    head: ResponseHead,
    through: { marks: readonly string[]; connection: UpstreamConnection; rest: Buffer },
  ): void;
};
