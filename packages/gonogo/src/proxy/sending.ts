import type { Origin } from './forwarded.ts';
import type { BodySink } from './http/chunked.ts';
import { requestText } from './http/render.ts';
import type { RequestHead } from './http/request-head.ts';
import { offeredOf } from './http/upgrade.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** What is kept of a request so that it can be sent once more, in octets. */
const replayLimit = 65_536;
/** Text that was put together of many small pieces takes ten times what is in it, so as many as this become one. */
const manyPieces = 1024;
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** One request on its way to an instance, and a copy of what was sent while it can be sent once more. */
export class Sending implements BodySink {
  readonly #head: RequestHead;
  readonly #origin: Origin;
  readonly #id: string;
  #connection: UpstreamConnection | undefined;
  /** Of its body. */
  #copy: string | undefined = '';
  #pieces = 0;
  #complete: boolean;
  #received = 0;
  /** The protocols that the instance is asked to switch to, as a list. */
  #offered = '';

  constructor(head: RequestHead, origin: Origin, id: string) {
    this.#head = head;
    this.#origin = origin;
    this.#id = id;
    this.#complete = !head.chunked && head.length <= 0;
  }

  /** The client sent all of it. */
  get complete(): boolean {
    return this.#complete;
  }

  /** All that was sent so far is still here. */
  get replayable(): boolean {
    return this.#copy !== undefined;
  }

  /** Octets that are kept of it, beyond what is kept of every request. */
  get excess(): number {
    return Math.max(0, (this.#copy?.length ?? 0) - replayLimit);
  }

  /** Octets of its body so far. */
  get received(): number {
    return this.#received;
  }

  /** It may be sent twice: nothing changes by that, and all of it is here. */
  get repeatable(): boolean {
    return this.#complete && this.replayable && idempotent.has(this.#head.method) && this.#offered === '';
  }

  get offered(): string {
    return this.#offered;
  }

  /** `allowed`: what the connection may be switched to. */
  offer(allowed: readonly string[]): void {
    if (this.#head.upgrade !== '') this.#offered = offeredOf(this.#head, allowed);
  }

  /** It asks for something, and changes nothing. */
  get isRead(): boolean {
    return this.repeatable && (this.#head.method === 'GET' || this.#head.method === 'HEAD');
  }

  /** More is here than one should keep, or than the instance takes yet. */
  get congested(): boolean {
    if (this.#connection) return this.#connection.link.congested;
    return this.excess > 0;
  }

  /** Sends what there is, and from now on what comes; `flush` writes it. `host`: in place of the one that was asked for. */
  through(connection: UpstreamConnection, host: string | undefined): void {
    this.#connection = connection;
    const { host: asked = '', given } = this.#head;
    const forwarded = this.#origin.lines(asked, given);
    const extras = { host: host ?? asked, forwarded, id: this.#id, offered: this.#offered };
    connection.write(requestText(this.#head, extras));
    if (this.#copy) connection.write(this.#copy);
    if (this.#complete) connection.sent();
  }

  /** It will not be sent once more. */
  settle(): void {
    this.#copy = undefined;
  }

  data(bytes: Buffer, start: number, end: number): void {
    this.#received += end - start;
    const { chunked } = this.#head;
    const connection = this.#connection;
    // What goes to an instance that may not be there is kept; not much comes before that is known.
    if (end - start <= 16_384 || !connection?.connected) {
      const content = bytes.toString('latin1', start, end);
      this.#send(chunked ? `${content.length.toString(16)}\r\n${content}\r\n` : content);
      return;
    }
    this.#copy = undefined;
    if (chunked) connection.write(`${(end - start).toString(16)}\r\n`);
    connection.writeOctets(bytes, start, end);
    if (chunked) connection.write('\r\n');
  }

  end(trailers: string): void {
    this.#complete = true;
    if (this.#head.chunked) this.#send(`0\r\n${trailers}\r\n`);
    this.#connection?.sent();
  }

  flush(): void {
    this.#connection?.flush();
  }

  #send(text: string): void {
    if (this.#copy !== undefined) {
      const long = this.#copy.length + text.length > replayLimit;
      this.#copy = long && this.#connection?.connected ? undefined : this.#joined(this.#copy + text);
    }
    this.#connection?.write(text);
  }

  #joined(copy: string): string {
    this.#pieces += 1;
    return this.#pieces % manyPieces === 0 ? Buffer.from(copy, 'latin1').toString('latin1') : copy;
  }
}
