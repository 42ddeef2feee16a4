import { timingSafeEqual } from 'node:crypto';
import type { BodySink } from './http/chunked.ts';
import { noAnswer, nobodyServes, paused, type Refusal, requestLate, tooLate } from './http/refusal.ts';
import { requestText } from './http/render.ts';
import type { RequestHead } from './http/request-head.ts';
import type { ResponseHead } from './http/response-head.ts';
import type { Question } from './question.ts';
import type { Claim, Held } from './routes.ts';
import { newRequestId, type Serving } from './serving.ts';
import type { Asker, UpstreamConnection } from './upstream-connection.ts';

/** The client's side of an exchange: whoever speaks a protocol to a client implements this. */
export type ClientSide = {
  /** Takes the content of the answer. */
  readonly sink: BodySink;
  /** The client does not take more of its answer yet. */
  readonly congested: boolean;
  /** What the client sent of the request's body is all here. */
  readonly requestComplete: boolean;
  forwardedLines(host: string, given: RequestHead['given']): string;
  inform(head: ResponseHead): void;
  begin(head: ResponseHead, marks: readonly string[]): void;
  finish(trailers: string): void;
  /** A complete answer of the proxy's own; `close` ends the connection after it. */
  refuse(refusal: Refusal, close: boolean): void;
  /** The answer that was begun cannot be completed. */
  truncate(): void;
  flush(): void;
  /** Stops and continues the body of the request. */
  stopBody(): void;
  continueBody(): void;
  /** The connection is a tunnel to the instance from now on. */
  tunnel(
    head: ResponseHead,
    through: { marks: readonly string[]; connection: UpstreamConnection; rest: Buffer },
  ): void;
};

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** What is kept of a request so that it can be sent once more, in octets. */
const replayLimit = 65_536;
const maxInformational = 32;

type Phase = 'held' | 'asking' | 'answering' | 'tunnel' | 'over';

/**
 * One request and its answer, between a client and an instance. It ends in exactly one of three ways: the answer is
 * complete, the client left, or the instance failed and the client was told so (by a status before the head of the
 * answer, by a reset after it).
 */
export class Exchange implements Asker, BodySink {
  readonly head: RequestHead;
  readonly #client: ClientSide;
  readonly #serving: Serving;
  readonly #confirmed: boolean;
  readonly #began: number;
  #phase: Phase = 'held';
  #held: Held | undefined;
  #claim: Claim | undefined;
  #connection: UpstreamConnection | undefined;
  /** What was sent so far, while it can be sent once more. */
  #replay: string | undefined;
  #sent = false;
  #retried = false;
  #timedOut = false;
  #failed = false;
  #events = false;
  #clientEnded = false;
  #informed = 0;
  #touched: number;

  constructor(client: ClientSide, head: RequestHead, serving: Serving) {
    this.#client = client;
    this.head = head;
    this.#serving = serving;
    this.#confirmed = confirms(head, serving.secret);
    this.#began = serving.clock.now;
    this.#touched = serving.clock.now;
    this.#sent = !head.chunked && head.length <= 0;
  }

  get method(): string {
    return this.head.method;
  }

  get sink(): BodySink {
    return this.#client.sink;
  }

  get congested(): boolean {
    return this.#client.congested;
  }

  /** It waits for a cutover to end; the end of the client's connection then means that it left. */
  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** Asks for a place, and begins in the same tick if there is one. */
  start(question: Question): void {
    const claim = this.#serving.routes.claim(question);
    if (claim && 'held' in claim) this.#wait(claim, question);
    else this.#admit(claim);
  }

  #wait(held: Held, question: Question): void {
    if (held.answerHealth) {
      this.#refuse(paused);
      return;
    }
    question.keep();
    this.#held = held;
    this.#replay = this.#text();
    held.onAdmitted((claim) => {
      this.#held = undefined;
      if (this.#phase === 'over') claim?.release({ failed: false, counted: false });
      else this.#admit(claim);
      this.#client.flush();
    });
  }

  #admit(claim: Claim | undefined): void {
    if (!claim) {
      this.#refuse(nobodyServes);
      return;
    }
    this.#claim = claim;
    this.#replay ??= this.#text(claim);
    this.#ask(claim, false);
    this.#client.continueBody();
  }

  #text(claim?: Claim): string {
    const { head } = this;
    const host = head.host ?? (claim ? authorityOf(claim) : '');
    const forwarded = this.#client.forwardedLines(host, head.given);
    return requestText(head, { host, forwarded, id: head.id === '' ? newRequestId() : head.id });
  }

  #ask(claim: Claim, fresh: boolean): void {
    this.#phase = 'asking';
    this.#touched = this.#serving.clock.now;
    const connection = claim.upstream.take(this, { fresh, repeatable: this.#isRepeatable });
    this.#connection = connection;
    connection.write(this.#replay ?? '');
    if (this.#sent) connection.sent();
    connection.flush();
  }

  get #isRepeatable(): boolean {
    return idempotent.has(this.head.method) && this.#sent && this.#replay !== undefined && !this.head.upgrade;
  }

  // What the client sends.

  data(bytes: Buffer, start: number, end: number): void {
    if (this.#phase === 'over') return;
    this.#touched = this.#serving.clock.now;
    const size = end - start;
    if (size > 16_384 && this.#connection) this.#pass(this.#connection, bytes, { start, end });
    else this.#send(this.#framed(bytes.toString('latin1', start, end)));
  }

  #framed(content: string): string {
    return this.head.chunked ? `${content.length.toString(16)}\r\n${content}\r\n` : content;
  }

  #pass(connection: UpstreamConnection, bytes: Buffer, { start, end }: { start: number; end: number }): void {
    this.#replay = undefined;
    if (this.head.chunked) connection.write(`${(end - start).toString(16)}\r\n`);
    connection.writeOctets(bytes, start, end);
    if (this.head.chunked) connection.write('\r\n');
    if (connection.link.congested) this.#client.stopBody();
  }

  #send(text: string): void {
    if (this.#replay !== undefined && this.#phase !== 'answering') {
      this.#replay =
        this.#replay.length + text.length > replayLimit && this.#connection?.connected
          ? undefined
          : this.#replay + text;
    }
    if (this.#connection) this.#connection.write(text);
    else if ((this.#replay?.length ?? 0) > replayLimit) this.#client.stopBody();
  }

  /** The body of the request is complete. */
  requestEnded(trailers: string): void {
    if (this.#phase === 'over') return;
    this.#sent = true;
    if (this.head.chunked) this.#send(`0\r\n${trailers}\r\n`);
    this.#connection?.sent();
  }

  /** All that came at once was handed on. */
  flushRequest(): void {
    const connection = this.#connection;
    if (!connection) return;
    connection.flush();
    if (connection.link.congested && !this.#sent) this.#client.stopBody();
  }

  get requestCongested(): boolean {
    return this.#connection?.link.congested ?? false;
  }

  upstreamDrained(): void {
    this.#client.continueBody();
  }

  clientDrained(): void {
    this.#touched = this.#serving.clock.now;
    this.#connection?.link.resume();
  }

  /** The client sends nothing more; it may still wait for its answer. */
  clientEnded(): void {
    this.#clientEnded = true;
    this.#touched = this.#serving.clock.now;
  }

  /** The client is gone, or spoke nonsense in the middle of its body. */
  clientLeft(): void {
    if (this.#phase === 'over') return;
    // Who waited in vain counts against the slot; who went at once, or left a stream half-way, does not.
    if (this.#phase === 'asking')
      this.#failed = performance.now() - this.#began > this.#serving.limits.patience;
    this.#held?.leave();
    this.#connection?.abandon();
    this.#end();
  }

  // What the instance sends.

  informed(head: ResponseHead): void {
    this.#touched = this.#serving.clock.now;
    this.#informed += 1;
    if (this.#informed > maxInformational) this.#fail();
    else if (head.status !== 100 || (this.head.expects && this.#informed === 1)) this.#client.inform(head);
  }

  answered(head: ResponseHead): void {
    const claim = this.#claim;
    if (!claim) return;
    claim.answered();
    this.#phase = 'answering';
    this.#touched = this.#serving.clock.now;
    this.#replay = undefined;
    this.#events = head.events;
    this.#failed = head.status >= 500;
    this.#client.begin(head, claim.marks(this.#confirmed));
  }

  flushAnswer(): void {
    this.#client.flush();
    if (this.#phase !== 'answering') return;
    this.#touched = this.#serving.clock.now;
    if (this.#client.congested) this.#connection?.link.pause();
  }

  completed(trailers: string): void {
    this.#connection = undefined;
    this.#end();
    this.#client.finish(trailers);
  }

  switched(head: ResponseHead, rest: Buffer): void {
    const [claim, connection] = [this.#claim, this.#connection];
    if (!claim || !connection || !this.head.upgrade || !head.upgrade) {
      connection?.abandon(); // Nobody asked for it.
      this.#fail();
      return;
    }
    claim.answered();
    this.#phase = 'tunnel';
    this.#replay = undefined;
    this.#client.tunnel(head, { marks: claim.marks(this.#confirmed), connection, rest });
  }

  broken(connection: UpstreamConnection): void {
    if (this.#phase === 'over' || connection !== this.#connection) return;
    if (this.#phase === 'asking' && this.#mayRepeat(connection)) this.#repeat(connection);
    else this.#fail();
    this.#client.flush();
  }

  /** At most once, and only where the instance cannot have acted on it, or where acting twice is the same. */
  #mayRepeat(connection: UpstreamConnection): boolean {
    if (this.#retried || this.#timedOut || this.#replay === undefined) return false;
    return !connection.connected || (connection.reused && !connection.heard && this.#isRepeatable);
  }

  #repeat(connection: UpstreamConnection): void {
    const claim = this.#claim;
    if (!claim) return;
    this.#retried = true;
    if (!connection.connected) claim.moveOn();
    this.#ask(claim, true);
    this.#client.continueBody();
  }

  /** No complete answer will come from the instance. */
  #fail(): void {
    if (this.#phase === 'answering') {
      this.#failed = true;
      this.#connection = undefined;
      this.#end();
      this.#client.truncate();
    } else this.#refuse(this.#timedOut ? tooLate : noAnswer);
  }

  #refuse(refusal: Refusal): void {
    this.#failed ||= refusal.status >= 500;
    this.#connection?.abandon();
    this.#end();
    this.#client.refuse(refusal, !this.#sent);
  }

  /** The tunnel is closed on both sides. */
  tunnelClosed(): void {
    this.#end();
  }

  #end(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#replay = undefined;
    this.#claim?.release({ failed: this.#failed, counted: !this.#confirmed });
  }

  /** Looks at the clock; called every `limits.sweep`. */
  tick(now: number): void {
    const { limits } = this.#serving;
    const silent = now - this.#touched;
    if (limits.total > 0 && now - this.#began > limits.total && !this.#events && this.#phase !== 'tunnel') {
      this.#expire();
    } else if (this.#phase === 'asking') {
      if (!this.#connection?.connected) {
        if (silent > limits.connect) this.#expire();
      } else if (!this.#sent && !this.requestCongested) {
        if (silent > limits.body) this.#refuse(requestLate);
      } else if (silent > limits.answer) this.#expire();
    } else if (this.#phase === 'answering') {
      if (silent > this.#patience) this.#expire();
    }
  }

  /** How long an answer may make no progress. */
  get #patience(): number {
    const { limits } = this.#serving;
    if (this.#client.congested) return limits.body;
    if (this.#clientEnded) return limits.halfClosed;
    return this.#events ? Number.POSITIVE_INFINITY : limits.silence;
  }

  #expire(): void {
    this.#timedOut = true;
    const connection = this.#connection;
    connection?.abandon();
    if (connection) this.broken(connection);
  }
}

/** True when the request carries this proxy's own secret, and so may learn who answered it. */
function confirms(head: RequestHead, secret: string): boolean {
  const given = head.given?.get('gonogo-confirm');
  if (given === undefined || given.length !== secret.length) return false;
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What an HTTP/1.0 client that named no host asked. */
function authorityOf({ upstream: { member } }: Claim): string {
  return `${member.host.includes(':') ? `[${member.host}]` : member.host}:${member.port}`;
}
