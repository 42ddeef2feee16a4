import { type BodySink, ChunkedReader } from './chunked.ts';
import { bad } from './fields.ts';
import { cleanTrailers } from './trailers.ts';

/** How a message's body is delimited: a number of octets, chunks, or the end of the connection (RFC 9112 §6.3). */
export type Framing = number | 'chunked' | 'until-close';

const trailerLimit = 16_384;

/** The body is longer than it may be. */
export const tooLong = -3;

/** What reads the body of a request; undefined when it has none. `limit` in octets of content; 0: none. */
export function bodyOf(
  { chunked, length }: { readonly chunked: boolean; readonly length: number },
  limit: number,
): BodyReader | undefined {
  if (chunked) return new BodyReader('chunked', limit > 0 ? limit : undefined);
  return length > 0 ? new BodyReader(length) : undefined;
}

/** What a chunked body may take beyond its limit for its framing. */
const chunkedExtra = 65_536;

/** Reads one body. `length` bodies need no object beyond this one, since they are most. */
export class BodyReader {
  readonly #chunks: ChunkedReader | undefined;
  #left: number;
  /** Octets that were read, framing and all. */
  received = 0;
  /** The trailer lines in normal form, once it is done. */
  trailers = '';
  readonly #limit: number;

  constructor(framing: Framing, limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
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

  /** Hands content to `sink`, and answers the octet after what belongs to the body, or `bad` or `tooLong`. */
  read(bytes: Buffer, span: { readonly at: number; readonly end: number }, sink: BodySink): number {
    if (this.#chunks) return this.#readChunks(this.#chunks, bytes, { span, sink });
    const stop = Math.min(span.end, span.at + this.#left);
    if (stop === span.at) return stop;
    this.received += stop - span.at;
    this.#left -= stop - span.at;
    sink.data(bytes, span.at, stop);
    return stop;
  }

  #readChunks(
    chunks: ChunkedReader,
    bytes: Buffer,
    { span, sink }: { span: { readonly at: number; readonly end: number }; sink: BodySink },
  ): number {
    const next = chunks.read(bytes, span, sink);
    if (next < 0) return next;
    this.received += next - span.at;
    if (chunks.content > this.#limit || this.received > this.#limit + chunkedExtra) return tooLong;
    if (!chunks.done) return next;
    const trailers = cleanTrailers(chunks.trailers);
    if (trailers === undefined) return bad;
    this.trailers = trailers;
    return next;
  }
}
