import type net from 'node:net';
import { AnswerWriter } from './answer-writer.ts';
import type { ClientSide } from './client-side.ts';
import { Exchange } from './exchange.ts';
import { Origin, plainAddress } from './forwarded.ts';
import { type BodyReader, bodyOf, tooLong } from './http/body.ts';
import { more, without } from './http/fields.ts';
import { bodyTooLarge, malformed, type Refusal, requestLate } from './http/refusal.ts';
import { emptyLine, type RequestHead, readRequest } from './http/request-head.ts';
import type { ResponseHead } from './http/response-head.ts';
import type { Lasting } from './lasting.ts';
import { Link, type LinkOwner } from './link.ts';
import { Question } from './question.ts';
import { RequestLog } from './request-log.ts';
import type { Serving } from './serving.ts';
import { Tunnel } from './tunnel.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/**
 * A client's connection that speaks HTTP/1.1: one request at a time, in the order they came.
 * `lingering` is what a closed one does: its last answer is on its way, and what still comes is not looked at.
 */
export class Client implements LinkOwner, ClientSide {
  readonly link: Link;
  readonly sink: AnswerWriter;
  readonly remote: string;
  readonly port: number;
  readonly origin: Origin;
  readonly #serving: Serving;
  readonly #onClosed: (client: Client) => void;
  #exchange: Exchange | undefined;
  /** The body of the request that is being read. */
  #body: BodyReader | undefined;
  #tunnel: Tunnel | undefined;
  #tunnelled: Exchange | undefined;
  /** The beginning of a head, or requests that wait for their turn. */
  #waiting: Buffer | undefined;
  /** The head of its answer is out. */
  #answering = false;
  /** Its deadline counts from the first octet of a head, not from the last. */
  #headBegan = false;
  #closing = false;
  #lingering = false;
  #ended = false;
  #deadline: number;
  readonly #log: RequestLog;

  constructor(socket: net.Socket, serving: Serving, onClosed: (client: Client) => void) {
    this.remote = plainAddress(socket.remoteAddress ?? 'unknown');
    this.origin = Origin.of(socket, serving.trusts(this.remote));
    this.port = socket.localPort ?? 0;
    this.#serving = serving;
    this.#onClosed = onClosed;
    this.#deadline = serving.clock.now + serving.limits.head;
    this.link = Link.accepted(this, socket, serving.limits.bufferedBytes);
    this.sink = new AnswerWriter(this.link);
    this.#log = new RequestLog(serving, this);
  }

  // What comes from the client.

  bytes(bytes: Buffer, end: number): void {
    if (this.#tunnel) this.#tunnel.fromClient(bytes, 0, end);
    else if (this.#lingering) return;
    else if (this.#body) this.#read(bytes, this.#readBody(bytes, 0, end), end);
    else if (this.#waiting) this.#readOn(this.#waiting, bytes, end);
    else this.#read(bytes, 0, end);
    this.#exchange?.flushRequest();
  }

  #readOn(before: Buffer, came: Buffer, end: number): void {
    this.#waiting = undefined;
    this.#read(Buffer.concat([before, came.subarray(0, end)]), 0, before.length + end);
  }

  /** Reads requests as long as none is under way; what is left waits. */
  #read(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at >= 0 && at < end && !this.#exchange && !this.#closing) at = this.#readRequest(bytes, at, end);
    if (at < 0 || at >= end || this.#closing) return;
    this.#waiting = Buffer.from(bytes.subarray(at, end));
    if (this.#exchange) this.link.pause();
  }

  /** Reads one request as far as it came; answers where the next one begins, or less than 0 to stop. */
  #readRequest(bytes: Buffer, start: number, end: number): number {
    const { limits, clock } = this.#serving;
    const at = start + emptyLine(bytes, start, end);
    const head = at === end ? more : readRequest(bytes, { at, end }, limits);
    if (head === more) {
      if (!this.#headBegan) this.#deadline = clock.now + limits.head;
      this.#headBegan = true;
      this.#waiting = Buffer.from(bytes.subarray(start, end));
      return -1;
    }
    if ('says' in head) {
      this.refuse(head, true);
      return -1;
    }
    return this.#begin(head, { bytes, at, end });
  }

  #begin(head: RequestHead, { bytes, at, end }: { bytes: Buffer; at: number; end: number }): number {
    const { limits } = this.#serving;
    if (limits.bodyBytes > 0 && head.length > limits.bodyBytes) {
      this.refuse(bodyTooLarge, true);
      return -1;
    }
    const exchange = new Exchange(this, head, this.#serving);
    this.#exchange = exchange;
    this.#headBegan = false;
    this.#log.begin();
    this.#body = bodyOf(head, limits.bodyBytes);
    // What came of the body goes out together with the head, and a request that is all there may be asked twice.
    const next = this.#body ? this.#readBody(bytes, head.end, end) : head.end;
    if (this.#exchange === exchange) exchange.start(new Question(head, this, { bytes, at }));
    return next;
  }

  #readBody(bytes: Buffer, at: number, end: number): number {
    const [body, exchange] = [this.#body, this.#exchange];
    if (!body || !exchange) return -1;
    const next = body.read(bytes, { at, end }, exchange);
    if (next < 0) return this.#refuseBody(next === tooLong ? bodyTooLarge : malformed);
    const much = !body.done && body.expected > 16_384;
    this.link.expectBulk(much, !much && exchange.requestCongested);
    if (!body.done) return next;
    this.#body = undefined;
    exchange.requestEnded(without(body.trailers, exchange.head.nominated));
    return next;
  }

  /** The request turned out to be no request: the instance must not take what came of it for one. */
  #refuseBody(refusal: Refusal): -1 {
    const begun = this.#answering;
    this.#forget();
    if (begun) this.link.reset();
    else this.refuse(refusal, true);
    return -1;
  }

  ended(): void {
    this.#ended = true;
    if (this.#tunnel) this.#tunnel.clientEnded();
    else if (!this.#exchange || this.#body || this.#exchange.isHeld) this.link.destroy();
    else this.#exchange.clientEnded();
  }

  /** Nobody waits for an answer there any more. */
  #forget(): void {
    this.#exchange?.clientLeft();
    this.#log.end(this.#exchange, true);
    this.#exchange = undefined;
  }

  drained(): void {
    if (this.#tunnel) this.#tunnel.clientDrained();
    else this.#exchange?.clientDrained();
  }

  closed(): void {
    this.#closing = true;
    this.#waiting = undefined;
    this.#tunnel?.clientClosed();
    this.#forget();
    this.#onClosed(this);
  }

  // What goes to the client.

  inform(head: ResponseHead): void {
    if (this.#exchange?.head.minor === 1) this.sink.text(`${head.kept}\r\n`);
  }

  begin(head: ResponseHead, marks: readonly string[]): void {
    const asked = this.#exchange?.head;
    if (!asked) return;
    this.#answering = true;
    const encoding = this.sink.encode(asked, head);
    const retiring = this.#serving.routes.retiring;
    const keeps = asked.keepAlive && !this.#body && !retiring && encoding !== 'until-close';
    this.#closing = !keeps;
    const connection = keeps ? (asked.minor === 1 ? '' : 'keep-alive') : 'close';
    this.sink.begin(head, { encoding, connection, marks });
  }

  finish(trailers: string): void {
    this.sink.end(trailers);
    this.#next();
  }

  refuse(refusal: Refusal, close: boolean): void {
    const asked = this.#exchange?.head;
    if (!asked) this.#log.refused(refusal.status);
    this.#closing ||= close || this.#serving.routes.retiring || !(asked?.keepAlive ?? false);
    this.sink.refuse(refusal, { close: this.#closing, bodiless: asked?.method === 'HEAD' });
    this.#next();
  }

  truncate(): void {
    this.sink.drop();
    this.#log.end(this.#exchange, true);
    this.#exchange = undefined;
    this.link.reset();
  }

  cut(): void {
    if (this.#tunnel) {
      this.#tunnel.close();
      return;
    }
    this.#closing = true;
    this.#next();
  }

  /** What is under way and does not end by itself. */
  get lasting(): Lasting | undefined {
    return this.#tunnelled ?? (this.#exchange?.isEvents ? this.#exchange : undefined);
  }

  /** The answer is complete: on to the next request, or to the end of the connection. */
  #next(): void {
    this.sink.flush();
    this.#log.end(this.#exchange, false);
    this.#exchange = undefined;
    this.#answering = false;
    if (this.#closing || this.link.closed) {
      this.#linger();
      return;
    }
    const { clock, limits } = this.#serving;
    this.#deadline = clock.now + limits.idleClient;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) {
      this.#read(waiting, 0, waiting.length);
      (this.#exchange as Exchange | undefined)?.flushRequest();
    }
    if (!this.#waiting || !this.#exchange) this.link.resume();
    if (this.#ended && !this.#exchange) this.#linger();
  }

  /** What was not read when a connection is closed makes a reset of it, and that may take the answer away. */
  #linger(): void {
    if (this.#lingering) return;
    this.#closing = true;
    this.#lingering = true;
    this.#waiting = undefined;
    this.#body = undefined;
    this.#deadline = this.#serving.clock.now + this.#serving.limits.linger;
    this.link.end();
    this.link.resume();
  }

  stopBody(): void {
    this.link.pause();
  }

  continueBody(): void {
    if (!this.#waiting) this.link.resume();
  }

  tunnel(
    head: ResponseHead,
    { marks, connection, rest }: { marks: readonly string[]; connection: UpstreamConnection; rest: Buffer },
  ): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#tunnelled = exchange;
    this.sink.switch(head, marks);
    this.sink.flush();
    const early = this.#waiting;
    this.#waiting = undefined;
    this.#tunnel = new Tunnel(this.link, connection, {
      linger: this.#serving.limits.tunnelLinger,
      closed: () => {
        exchange?.end();
        this.#log.end(exchange, false);
      },
    });
    this.#tunnel.begin(early, rest);
    if (this.#ended) this.#tunnel.clientEnded();
  }

  /** Looks at the clock; called every `limits.sweep`. */
  tick(now: number): void {
    if (this.#tunnel) return;
    if (this.#exchange) this.#exchange.tick(now);
    else if (now > this.#deadline) this.#expire();
  }

  #expire(): void {
    if (this.#lingering) this.link.destroy();
    else if (this.#waiting) this.refuse(requestLate, true);
    else this.#linger();
  }
}
