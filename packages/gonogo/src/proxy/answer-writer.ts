import type { AnswerSink } from './client-side.ts';
import type { Refusal } from './http/refusal.ts';
import { type Encoding, encodingFor, type ResponseExtras, responseText, switchText } from './http/render.ts';
import type { RequestHead } from './http/request-head.ts';
import type { ResponseHead } from './http/response-head.ts';
import type { Link } from './link.ts';
import { refusalText } from './refuse.ts';

/** An answer on its way to a client. What is little goes out together, as one string. */
export class AnswerWriter implements AnswerSink {
  readonly #link: Link;
  /** Of the answer that was begun last. */
  status = 0;
  #encoding: Encoding = 'none';
  #out = '';

  constructor(link: Link) {
    this.#link = link;
  }

  get congested(): boolean {
    return this.#link.congested;
  }

  /** How the content of the answer to `asked` goes out. */
  encode(asked: RequestHead, head: ResponseHead): Encoding {
    this.#encoding = encodingFor(asked.method, asked.minor, head);
    return this.#encoding;
  }

  begin(head: ResponseHead, extras: ResponseExtras): void {
    this.status = head.status;
    this.#out += responseText(head, extras);
  }

  /** A complete answer of the proxy's own. */
  refuse(refusal: Refusal, how: { readonly close: boolean; readonly bodiless: boolean }): void {
    this.status = refusal.status;
    this.#out += refusalText(refusal, how);
  }

  /** The head after which the connection is a tunnel. */
  switch(head: ResponseHead, marks: readonly string[]): void {
    this.status = head.status;
    this.#out += switchText(head, marks);
  }

  text(text: string): void {
    this.#out += text;
  }

  data(bytes: Buffer, start: number, end: number): void {
    const chunked = this.#encoding === 'chunked';
    if (chunked) this.#out += `${(end - start).toString(16)}\r\n`;
    if (end - start <= 16_384) this.#out += bytes.toString('latin1', start, end);
    else {
      this.#link.writeBoth(this.#out, bytes, { start, end });
      this.#out = '';
    }
    if (chunked) this.#out += '\r\n';
  }

  end(trailers: string): void {
    if (this.#encoding === 'chunked') this.#out += `0\r\n${trailers}\r\n`;
    this.#encoding = 'none';
  }

  flush(): void {
    if (this.#out === '') return;
    if (!this.#link.closed) this.#link.write(this.#out);
    this.#out = '';
  }

  /** Forgets what is not out yet. */
  drop(): void {
    this.#out = '';
  }
}
