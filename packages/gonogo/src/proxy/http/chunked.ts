import { ChunkExtension } from './chunk-extension.ts';
import { bad } from './fields.ts';
import { cr, hexDigit, lf, textAt } from './octets.ts';

/** Takes what a body carries, as places in the octets that came. Octets before `start` are free to be written over. */
export type BodySink = { data(bytes: Buffer, start: number, end: number): void };

type State = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'done';

const maxSizeDigits = 13; // 2^52: exact as a number.
const maxExtension = 1024;

/**
 * Reads a chunked body (RFC 9112 §7.1) strictly: sizes are hexadecimal digits alone, every line ends in CRLF, extensions
 * are short and dropped, and the trailer section is kept for `trailers`.
 */
export class ChunkedReader {
  readonly #trailerLimit: number;
  #state: State = 'size';
  #left = 0;
  #digits = 0;
  #extensionLength = 0;
  readonly #extension = new ChunkExtension();
  #trailers = '';
  /** Octets of content, by the sizes of the chunks that have begun. */
  content = 0;

  /** `trailerLimit` in octets. */
  constructor(trailerLimit: number) {
    this.#trailerLimit = trailerLimit;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** The trailer lines as they came, with their CRLFs. */
  get trailers(): string {
    return this.#trailers;
  }

  /** Reads on, and answers the octet after what belongs to the body; `bad` when it is not chunked as it must be. */
  read(bytes: Buffer, { at, end }: { readonly at: number; readonly end: number }, sink: BodySink): number {
    let i = at;
    while (i < end && this.#state !== 'done') {
      if (this.#state === 'data') {
        const stop = Math.min(end, i + this.#left);
        this.#left -= stop - i;
        if (this.#left === 0) this.#state = 'data-cr';
        sink.data(bytes, i, stop);
        i = stop;
      } else if (this.#state === 'trailer') {
        i = this.#readTrailers(bytes, i, end);
      } else {
        i = this.#step(bytes[i] as number) ? i + 1 : bad;
      }
      if (i === bad) return bad;
    }
    return i;
  }

  /** One octet of framing; false when it may not come here. */
  #step(at: number): boolean {
    switch (this.#state) {
      case 'size':
        return this.#size(at);
      case 'extension':
        return this.#readExtension(at);
      case 'size-lf':
        this.#digits = 0;
        this.content += this.#left;
        this.#state = this.#left === 0 ? 'trailer' : 'data';
        return at === lf;
      case 'data-cr':
        this.#state = 'data-lf';
        return at === cr;
      case 'data-lf':
        this.#state = 'size';
        return at === lf;
      default:
        return false;
    }
  }

  #readExtension(at: number): boolean {
    this.#extensionLength += 1;
    if (at !== cr) return this.#extensionLength <= maxExtension && this.#extension.take(at);
    this.#state = 'size-lf';
    return this.#extension.mayEnd;
  }

  #size(at: number): boolean {
    const digit = hexDigit[at] as number;
    if (digit < 16) {
      this.#left = this.#digits === 0 ? digit : this.#left * 16 + digit;
      this.#digits += 1;
      return this.#digits <= maxSizeDigits;
    }
    if (this.#digits === 0) return false;
    this.#extensionLength = 0;
    this.#extension.begin();
    this.#state = at === cr ? 'size-lf' : 'extension';
    return at === cr || at === 0x3b; // `;`, and no space before it: servers disagree about that one.
  }

  /** Collects lines up to the empty one. */
  #readTrailers(bytes: Buffer, at: number, end: number): number {
    let i = at;
    while (i < end) {
      const found = bytes.indexOf(lf, i);
      const stop = found < 0 || found >= end ? end : found + 1;
      this.#trailers += textAt(bytes, i, stop);
      i = stop;
      if (this.#trailers === '\r\n' || this.#trailers.endsWith('\r\n\r\n')) {
        this.#trailers = this.#trailers.slice(0, -2);
        this.#state = 'done';
        return i;
      }
      if (this.#trailers.length > this.#trailerLimit) return bad;
      if (this.#trailers === '\n' || this.#trailers.endsWith('\n\n')) return bad;
    }
    return i;
  }
}
