import { type BodySink, ChunkedReader } from './chunked.ts';
import { cleanTrailers } from './trailers.ts';

/** How a message's body is delimited: a number of octets, chunks, or the end of the connection (RFC 9112 §6.3). */
export type Framing = number | 'chunked' | 'until-close';

const trailerLimit = 16_384;

/** What reads the body of a request; undefined when it has none. */
export function bodyOf({ chunked, length }: { chunked: boolean; length: number }): BodyReader | undefined {
  if (chunked) return new BodyReader('chunked');
  return length > 0 ? new BodyReader(length) : undefined;
}

/** Reads one body. `length` bodies need no object beyond this one, since they are most. */
export class BodyReader {
  readonly #chunks: ChunkedReader | undefined;
  #left: number;
  /** Octets that were read, framing and all. */
  received = 0;

  constructor(framing: Framing) {
    this.#chunks = framing === 'chunked' ? new ChunkedReader(trailerLimit) : undefined;
    this.#left = typeof framing === 'number' ? framing : Number.POSITIVE_INFINITY;
  }

  get done(): boolean {
    return this.#chunks ? this.#chunks.done : this.#left === 0;
  }

  /** Whether the end of the connection is the end of this body. */
  get endsByClose(): boolean {
    return this.#left === Number.POSITIVE_INFINITY && !this.#chunks;
  }

  /** Octets that are certainly still to come. */
  get expected(): number {
    return this.#chunks ? Number.POSITIVE_INFINITY : this.#left;
  }

  /** Normal lines, once it is done; undefined when they are not valid. */
  trailers(): string | undefined {
    return this.#chunks ? cleanTrailers(this.#chunks.trailers) : '';
  }

  /** Hands content to `sink`, and answers the octet after what belongs to the body, or `bad`. */
  read(bytes: Buffer, span: { readonly at: number; readonly end: number }, sink: BodySink): number {
    this.received += span.end - span.at;
    if (this.#chunks) return this.#chunks.read(bytes, span, sink);
    const stop = Math.min(span.end, span.at + this.#left);
    if (stop === span.at) return stop;
    this.#left -= stop - span.at;
    sink.data(bytes, span.at, stop);
    return stop;
  }
}
