import type net from 'node:net';
import { AnswerWriter } from './answer-writer.ts';
import type { ClientSide } from './client-side.ts';
import { Exchange } from './exchange.ts';
import { Origin, plainAddress } from './forwarded.ts';
import { type Refusal, requestLate } from './http/refusal.ts';
import type { RequestHead } from './http/request-head.ts';
import type { ResponseHead } from './http/response-head.ts';
import type { Lasting } from './lasting.ts';
import { Link, type LinkOwner } from './link.ts';
import { RequestLog } from './request-log.ts';
import { RequestReader, type RequestTaker } from './request-reader.ts';
import type { Serving } from './serving.ts';
import { Tunnel } from './tunnel.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/**
 * A client's connection that speaks HTTP/1.1: one request at a time, in the order they came.
 * `lingering` is what a closed one does: its last answer is on its way, and what still comes is not looked at.
 */
export class Client implements LinkOwner, ClientSide, RequestTaker {
  readonly link: Link;
  readonly sink: AnswerWriter;
  readonly remote: string;
  readonly port: number;
  readonly origin: Origin;
  readonly #serving: Serving;
  readonly #onClosed: (client: Client) => void;
  #exchange: Exchange | undefined;
  #tunnel: Tunnel | undefined;
  #tunnelled: Exchange | undefined;
  /** The head of its answer is out. */
  #answering = false;
  /** Its deadline counts from the first octet of a head, not from the last. */
  #headBegan = false;
  #lingering = false;
  #ended = false;
  #deadline: number;
  readonly #log: RequestLog;
  readonly #requests: RequestReader;

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
    this.#requests = new RequestReader(this, serving.limits);
  }

  // What comes from the client.

  bytes(bytes: Buffer, end: number): void {
    if (this.#tunnel) this.#tunnel.fromClient(bytes, 0, end);
    else this.#requests.bytes(bytes, end);
    this.#exchange?.flushRequest();
  }

  get isFree(): boolean {
    return this.#exchange === undefined && !this.link.congested;
  }

  get isHeld(): boolean {
    return this.#exchange?.isHeld === true;
  }

  headBegan(): void {
    const { limits, clock } = this.#serving;
    if (!this.#headBegan) this.#deadline = clock.now + limits.head;
    this.#headBegan = true;
  }

  begin(head: RequestHead): Exchange {
    this.#headBegan = false;
    this.#log.begin();
    this.#exchange = new Exchange(this, head, this.#serving);
    return this.#exchange;
  }

  /** If a request was begun, the instance must not take what came of it for one. */
  spoiled(refusal: Refusal): void {
    const begun = this.#answering;
    this.#forget();
    if (begun) this.link.reset();
    else this.refuse(refusal, true);
  }

  ended(): void {
    this.#ended = true;
    const exchange = this.#exchange;
    if (this.#tunnel) this.#tunnel.clientEnded();
    else if (exchange && !exchange.isHeld && !this.#requests.inBody) exchange.clientEnded();
    else if (!exchange && this.link.unsent > 0) this.#linger();
    else this.link.destroy();
  }

  /** Nobody waits for an answer there any more. */
  #forget(): void {
    this.#exchange?.clientLeft();
    this.#log.end(this.#exchange, true);
    this.#exchange = undefined;
  }

  drained(): void {
    if (this.#tunnel) this.#tunnel.clientDrained();
    else if (this.#exchange) this.#exchange.clientDrained();
    else if (!this.#requests.stopped) this.#goOn();
  }

  closed(): void {
    this.#requests.stop();
    this.#requests.takeWaiting();
    this.#tunnel?.clientClosed();
    this.#forget();
    this.#onClosed(this);
  }

  // What goes to the client.

  inform(head: ResponseHead): void {
    if (this.#exchange?.head.minor === 1) this.sink.text(`${head.kept}\r\n`);
  }

  answer(head: ResponseHead, marks: readonly string[]): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    const asked = exchange.head;
    this.#answering = true;
    const encoding = this.sink.encode(asked, head);
    const retiring = this.#serving.routes.retiring;
    const may = asked.keepAlive && !exchange.asksToSwitch && encoding !== 'until-close';
    const keeps = may && !this.#requests.inBody && !retiring;
    if (!keeps) this.#requests.stop();
    const connection = keeps ? (asked.minor === 1 ? '' : 'keep-alive') : 'close';
    this.sink.begin(head, { encoding, connection, marks });
    if (head.events) this.link.watchPeer();
  }

  finish(trailers: string): void {
    this.sink.end(trailers);
    this.#next();
  }

  refuse(refusal: Refusal, close: boolean): void {
    const asked = this.#exchange?.head;
    if (!asked) this.#log.refused(refusal.status);
    // Behind a request to switch may come what is no request.
    const may = asked?.keepAlive && asked.upgrade === '';
    if (close || this.#serving.routes.retiring || !may) this.#requests.stop();
    this.sink.refuse(refusal, { close: this.#requests.stopped, bodiless: asked?.method === 'HEAD' });
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
    this.#requests.stop();
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
    if (this.#requests.stopped || this.link.closed) {
      this.#linger();
      return;
    }
    this.#goOn();
  }

  /** On to the next request, as soon as the answers so far are read. */
  #goOn(): void {
    const { clock, limits } = this.#serving;
    this.#deadline = clock.now + (this.link.congested ? limits.body : limits.idleClient);
    this.#requests.goOn();
    this.#exchange?.flushRequest();
    if (this.#ended && !this.#exchange && !this.#requests.waits) this.#linger();
  }

  /**
   * What was not read when a connection is closed makes a reset of it, and that may take the answer away. So what comes is
   * read for a while after the answer is out, for which a slow reader has as long as in the middle of one.
   */
  #linger(): void {
    if (this.#lingering) return;
    const { clock, limits } = this.#serving;
    this.#lingering = true;
    this.#requests.stop();
    this.#requests.takeWaiting();
    this.#requests.leaveBody();
    this.#deadline = clock.now + limits.body;
    this.link.end(() => {
      this.#deadline = clock.now + limits.linger;
    });
    this.link.resume();
  }

  stopBody(): void {
    this.link.pause();
  }

  continueBody(): void {
    if (!this.#requests.waits) this.link.resume();
  }

  tunnel(
    head: ResponseHead,
    { marks, connection, rest }: { marks: readonly string[]; connection: UpstreamConnection; rest: Buffer },
  ): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#tunnelled = exchange;
    this.link.watchPeer();
    this.sink.switch(head, marks);
    this.sink.flush();
    const { limits, clock } = this.#serving;
    this.#tunnel = new Tunnel(this.link, connection, {
      ...{ limits, clock },
      closed: () => {
        exchange?.end();
        this.#log.end(exchange, false);
      },
    });
    this.#tunnel.begin(this.#requests.takeWaiting(), rest);
    if (this.#ended) this.#tunnel.clientEnded();
  }

  /** Looks at the clock; called every `limits.sweep`. */
  tick(now: number): void {
    if (this.#tunnel) this.#tunnel.tick(now);
    else if (this.#exchange) this.#exchange.tick();
    else if (now > this.#deadline) this.#expire();
  }

  #expire(): void {
    if (this.#lingering || this.link.congested) this.link.destroy();
    else if (this.#requests.waits) this.refuse(requestLate, true);
    else this.#linger();
  }
}
