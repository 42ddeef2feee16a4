import type { Asked } from './claim.ts';
import { line, readField, valueText } from './http/fields.ts';
import type { RequestHead } from './http/request-head.ts';

/** The address a request came from, and the local port it came in by. */
export type Peer = { readonly remote: string; readonly port: number };

/** A request as routing sees it. Nothing is computed before it is asked for. */
export class Question implements Asked {
  readonly #head: RequestHead;
  readonly #peer: Peer;
  #bytes: Buffer;
  #at: number;
  readonly #length: number;

  /** `bytes` hold the head from `at` on, and only during this tick: `keep` copies it. */
  constructor(head: RequestHead, peer: Peer, { bytes, at }: { bytes: Buffer; at: number }) {
    this.#head = head;
    this.#peer = peer;
    this.#bytes = bytes;
    this.#at = at;
    this.#length = head.end - at;
  }

  get host(): string {
    return (this.#head.host ?? '').toLowerCase().replace(/:\d*$/, '');
  }

  get path(): string {
    const { target } = this.#head;
    const query = target.indexOf('?');
    return query < 0 ? target : target.slice(0, query);
  }

  get remote(): string {
    return this.#peer.remote;
  }

  get port(): number {
    return this.#peer.port;
  }

  field(name: string): string | undefined {
    const end = this.#at + this.#length;
    let found: string | undefined;
    for (let i = this.#bytes.indexOf(10, this.#at) + 1; i < end - 2; ) {
      const next = readField(this.#bytes, i, end);
      if (next < 0) break;
      if (this.#bytes.toString('latin1', i, line.nameEnd).toLowerCase() === name) {
        if (found !== undefined) return undefined;
        found = valueText(this.#bytes);
      }
      i = next;
    }
    return found;
  }

  /** Makes it outlive the tick in which it was asked. */
  keep(): void {
    this.#bytes = Buffer.from(this.#bytes.subarray(this.#at, this.#at + this.#length));
    this.#at = 0;
  }
}
