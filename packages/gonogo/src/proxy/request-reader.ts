import type { Exchange } from './exchange.ts';
import { type BodyReader, bodyOf, tooLong } from './http/body.ts';
import { more, without } from './http/fields.ts';
import { bodyTooLarge, malformed, type Refusal } from './http/refusal.ts';
import { emptyLine, type RequestHead, readRequest } from './http/request-head.ts';
import type { Limits } from './limits.ts';
import type { Link } from './link.ts';
import { type Peer, Question } from './question.ts';

/** Who takes the requests of a connection. */
export type RequestTaker = Peer & {
  readonly link: Link;
  /** The next request may begin: none is under way, and the client reads its answers. */
  readonly isFree: boolean;
  /** The request under way waits for a cutover: its client may leave, and only who reads on notices. */
  readonly isHeld: boolean;
  /** A request's first octets are here, and not all of its head. */
  headBegan(): void;
  begin(head: RequestHead): Exchange;
  /** What came is no request, or may not come. */
  spoiled(refusal: Refusal): void;
};

/** Takes requests off a client's connection, one at a time; what comes while it must wait is kept, and no more is read. */
export class RequestReader {
  readonly #taker: RequestTaker;
  readonly #limits: Limits;
  /** The beginning of a head, or requests that wait for their turn. */
  #waiting: Buffer | undefined;
  /** The body of the request that is being read, and whose it is. */
  #body: BodyReader | undefined;
  #exchange: Exchange | undefined;
  #stopped = false;

  constructor(taker: RequestTaker, limits: Limits) {
    this.#taker = taker;
    this.#limits = limits;
  }

  /** The request under way has not come in full. */
  get inBody(): boolean {
    return this.#body !== undefined;
  }

  get waits(): boolean {
    return this.#waiting !== undefined;
  }

  /** The request under way is the last one: what comes after it is not looked at. */
  get stopped(): boolean {
    return this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Forgets what waits, and answers it. */
  takeWaiting(): Buffer | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  /** The rest of the request under way does not matter any more. */
  leaveBody(): void {
    this.#body = undefined;
    this.#exchange = undefined;
  }

  bytes(bytes: Buffer, end: number): void {
    const before = this.takeWaiting();
    if (this.#body) this.#read(bytes, this.#readBody(bytes, 0, end), end);
    else if (before) this.#readAll(Buffer.concat([before, bytes.subarray(0, end)]));
    else this.#read(bytes, 0, end);
  }

  /** Reads what waits, as far as it goes, and then what comes. */
  goOn(): void {
    const waiting = this.takeWaiting();
    if (waiting) this.#readAll(waiting);
    if (!this.#waiting || this.#taker.isFree) this.#taker.link.resume();
  }

  #readAll(bytes: Buffer): void {
    this.#read(bytes, 0, bytes.length);
  }

  #read(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at >= 0 && at < end && this.#taker.isFree && !this.#stopped)
      at = this.#readRequest(bytes, at, end);
    if (at < 0 || at >= end || this.#stopped) return;
    this.#waiting = Buffer.from(bytes.subarray(at, end));
    if (!this.#taker.isHeld || end - at > this.#limits.headBytes) this.#taker.link.pause();
  }

  /** Reads one request as far as it came; answers where the next one begins, or less than 0 to stop. */
  #readRequest(bytes: Buffer, start: number, end: number): number {
    const at = start + emptyLine(bytes, start, end);
    const head = at === end ? more : readRequest(bytes, { at, end }, this.#limits);
    if (head === more) {
      this.#waiting = Buffer.from(bytes.subarray(start, end));
      this.#taker.headBegan();
      return -1;
    }
    if ('says' in head) return this.#spoiled(head);
    const { bodyBytes } = this.#limits;
    if (bodyBytes > 0 && head.length > bodyBytes) return this.#spoiled(bodyTooLarge);
    return this.#begin(head, { bytes, at, end });
  }

  #begin(head: RequestHead, { bytes, at, end }: { bytes: Buffer; at: number; end: number }): number {
    const exchange = this.#taker.begin(head);
    this.#body = bodyOf(head, this.#limits.bodyBytes);
    if (this.#body) this.#exchange = exchange;
    // What came of the body goes out together with the head, and a request that is all there may be asked twice.
    const next = this.#body ? this.#readBody(bytes, head.end, end) : head.end;
    if (next >= 0) exchange.start(new Question(head, this.#taker, { bytes, at }));
    return next;
  }

  #readBody(bytes: Buffer, at: number, end: number): number {
    const [body, exchange] = [this.#body, this.#exchange];
    if (!body || !exchange) return -1;
    const next = body.read(bytes, { at, end }, exchange);
    if (next < 0) return this.#spoiled(next === tooLong ? bodyTooLarge : malformed);
    const much = !body.done && body.expected > 16_384;
    this.#taker.link.expectBulk(much, !much && exchange.requestCongested);
    if (!body.done) return next;
    this.leaveBody();
    exchange.requestEnded(without(body.trailers, exchange.head.nominated));
    return next;
  }

  #spoiled(refusal: Refusal): -1 {
    this.#taker.spoiled(refusal);
    return -1;
  }
}
