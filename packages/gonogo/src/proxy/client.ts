import type net from 'node:net';
import { TLSSocket } from 'node:tls';
import { AnswerWriter } from './answer-writer.ts';
import type { ClientSide } from './client-side.ts';
import { Exchange } from './exchange.ts';
import { Origin, plainAddress } from './forwarded.ts';
import { type BodyReader, bodyOf } from './http/body.ts';
import { bad, more } from './http/fields.ts';
import { bodyTooLarge, malformed, type Refusal, requestLate } from './http/refusal.ts';
import { emptyLine, type RequestHead, readRequest } from './http/request-head.ts';
import type { ResponseHead } from './http/response-head.ts';
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
  readonly #origin: Origin;
  readonly #serving: Serving;
  readonly #onClosed: (client: Client) => void;
  #exchange: Exchange | undefined;
  /** The body of the request that is being read. */
  #body: BodyReader | undefined;
  #tunnel: Tunnel | undefined;
  /** The beginning of a head, or requests that wait for their turn. */
  #waiting: Buffer | undefined;
  /** The head of its answer is out. */
  #answering = false;
  #closing = false;
  #lingering = false;
  #ended = false;
  #deadline: number;
  readonly #log: RequestLog;

  constructor(socket: net.Socket, serving: Serving, onClosed: (client: Client) => void) {
    this.remote = plainAddress(socket.remoteAddress ?? 'unknown');
    this.#origin = new Origin({
      address: this.remote,
      proto: socket instanceof TLSSocket ? 'https' : 'http',
      trusted: serving.trusts(this.remote),
    });
    this.port = socket.localPort ?? 0;
    this.#serving = serving;
    this.#onClosed = onClosed;
    this.#deadline = serving.clock.now + serving.limits.head;
    this.link = Link.accepted(this, socket);
    this.sink = new AnswerWriter(this.link);
    this.#log = new RequestLog(serving, this);
  }

  get congested(): boolean {
    return this.link.congested;
  }

  // What comes from the client.

  bytes(bytes: Buffer, end: number): void {
    if (this.#tunnel) this.#tunnel.fromClient(bytes, 0, end);
    else if (this.#lingering) return;
    else if (this.#body) this.#read(bytes, this.#readBody(bytes, 0, end), end);
    else if (this.#waiting) this.#readOn(bytes, end);
    else this.#read(bytes, 0, end);
    this.#exchange?.flushRequest();
  }

  /** Puts what came before it in front. */
  #readOn(came: Buffer, end: number): void {
    const bytes = Buffer.concat([this.#waiting ?? came, came.subarray(0, end)]);
    this.#waiting = undefined;
    this.#read(bytes, 0, bytes.length);
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
      if (!this.#waiting) this.#deadline = clock.now + limits.head;
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
    this.#log.begin();
    this.#body = bodyOf(head);
    exchange.start(new Question(head, this, { bytes, at }));
    return this.#body && this.#exchange === exchange ? this.#readBody(bytes, head.end, end) : head.end;
  }

  #readBody(bytes: Buffer, at: number, end: number): number {
    const [body, exchange] = [this.#body, this.#exchange];
    if (!body || !exchange) return -1;
    const next = body.read(bytes, { at, end }, exchange);
    const { bodyBytes } = this.#serving.limits;
    if (next === bad) return this.#refuseBody(malformed);
    if (bodyBytes > 0 && body.received > bodyBytes + 65_536) return this.#refuseBody(bodyTooLarge);
    if (!body.done) {
      this.link.expectBulk(body.expected > 16_384);
      return next;
    }
    const trailers = body.trailers();
    if (trailers === undefined) return this.#refuseBody(malformed);
    this.#body = undefined;
    this.link.expectBulk(false, exchange.requestCongested);
    exchange.requestEnded(trailers);
    return next;
  }

  /** The request turned out to be no request: the instance must not take what came of it for one. */
  #refuseBody(refusal: Refusal): -1 {
    const begun = this.#answering;
    this.#exchange?.clientLeft();
    this.#exchange = undefined;
    if (begun) this.link.reset();
    else this.refuse(refusal, true);
    return -1;
  }

  ended(): void {
    this.#ended = true;
    if (this.#tunnel) this.#tunnel.clientEnded();
    else if (!this.#exchange || this.#body || this.#exchange.isHeld) this.#leave();
    else this.#exchange.clientEnded();
  }

  /** Nobody waits for an answer there any more. */
  #leave(): void {
    this.#exchange?.clientLeft();
    this.#log.end(this.#exchange, true);
    this.#exchange = undefined;
    this.link.destroy();
  }

  drained(): void {
    if (this.#tunnel) this.#tunnel.clientDrained();
    else this.#exchange?.clientDrained();
  }

  closed(): void {
    this.#closing = true;
    this.#waiting = undefined;
    this.#tunnel?.clientClosed();
    this.#exchange?.clientLeft();
    this.#log.end(this.#exchange, true);
    this.#exchange = undefined;
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

  flush(): void {
    this.sink.flush();
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

  /** The answer is complete: on to the next request, or to the end of the connection. */
  #next(): void {
    this.flush();
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
    this.sink.switch(head, marks);
    this.flush();
    const early = this.#waiting;
    this.#waiting = undefined;
    this.#tunnel = new Tunnel(this.link, connection, {
      linger: this.#serving.limits.tunnelLinger,
      closed: () => {
        exchange?.tunnelClosed();
        this.#log.end(exchange, false);
      },
    });
    this.#tunnel.begin(early, rest);
    if (this.#ended) this.#tunnel.clientEnded();
  }

  forwardedLines(host: string, given: RequestHead['given']): string {
    return this.#origin.lines(host, given);
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
