import { Attempts } from './attempts.ts';
import type { Claim, Held } from './claim.ts';
import type { AnswerSink, ClientSide } from './client-side.ts';
import type { BodySink } from './http/chunked.ts';
import {
  missing,
  noAnswer,
  nobodyServes,
  paused,
  type Refusal,
  requestLate,
  tooLate,
} from './http/refusal.ts';
import type { RequestHead } from './http/request-head.ts';
import type { ResponseHead } from './http/response-head.ts';
import { isOffered } from './http/upgrade.ts';
import type { Lasting } from './lasting.ts';
import { type Awaited, Patience } from './patience.ts';
import type { Question } from './question.ts';
import { Sending } from './sending.ts';
import { confirms, newRequestId, type Serving } from './serving.ts';
import type { Asker, UpstreamConnection } from './upstream-connection.ts';

const maxInformational = 32;

type Phase = 'held' | 'asking' | 'answering' | 'tunnel' | 'over';

/**
 * One request and its answer, between a client and an instance. It ends in exactly one of three ways: the answer is
 * complete, the client left, or the instance failed and the client was told so (by a status before the head of the
 * answer, by a reset after it).
 */
export class Exchange implements Asker, BodySink, Lasting {
  readonly head: RequestHead;
  readonly method: string;
  readonly sink: AnswerSink;
  readonly id: string;
  readonly #client: ClientSide;
  readonly #serving: Serving;
  readonly #confirmed: boolean;
  readonly #sending: Sending;
  readonly #patience: Patience;
  #phase: Phase = 'held';
  #held: Held | undefined;
  readonly #attempts: Attempts;
  #timedOut = false;
  #failed = false;
  isEvents = false;
  #clientEnded = false;
  #informed = 0;

  constructor(client: ClientSide, head: RequestHead, serving: Serving) {
    this.#client = client;
    this.head = head;
    this.method = head.method;
    this.sink = client.sink;
    this.#serving = serving;
    this.#confirmed = confirms(head, serving.secret);
    this.#patience = new Patience(serving);
    this.id = head.id === '' ? newRequestId() : head.id;
    this.#sending = new Sending(head, client.origin, this.id);
    this.#attempts = new Attempts(this, this.#sending);
  }

  get claim(): Claim | undefined {
    return this.#attempts.claim;
  }

  /** It waits for a cutover to end; the end of the client's connection then means that it left. */
  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  get asksToSwitch(): boolean {
    return this.#sending.offered !== '';
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
    held.onAdmitted((claim) => {
      this.#held = undefined;
      if (this.#phase === 'over') claim?.release({ failed: false, counted: false });
      else this.#admit(claim);
      this.flushRequest();
    });
  }

  #admit(claim: Claim | undefined): void {
    if (!claim) {
      this.#refuse(nobodyServes);
      return;
    }
    this.#sending.offer(claim.upgrades);
    this.#attempts.begin(claim);
    this.#asked();
    this.#client.continueBody();
  }

  #asked(): void {
    this.#phase = 'asking';
    this.#patience.begin();
  }

  // What the client sends.

  data(bytes: Buffer, start: number, end: number): void {
    if (this.#phase === 'over') return;
    this.#patience.touch();
    this.#sending.data(bytes, start, end);
  }

  /** The body of the request is complete. */
  requestEnded(trailers: string): void {
    if (this.#phase !== 'over') this.#sending.end(trailers);
  }

  /** All that came at once was handed on. */
  flushRequest(): void {
    if (this.#phase === 'over') return;
    this.#sending.flush();
    if (!this.#sending.congested) return;
    const more = this.#held?.keeps(this.#sending.excess);
    if (!more && !this.#sending.complete) this.#client.stopBody();
  }

  get requestCongested(): boolean {
    return this.#sending.congested;
  }

  clientDrained(): void {
    this.#patience.touch();
    this.#attempts.connection?.link.resume();
  }

  upstreamDrained(): void {
    this.#client.continueBody();
  }

  /** The client sends nothing more; it may still wait for its answer. */
  clientEnded(): void {
    this.#clientEnded = true;
    this.#patience.touch();
  }

  /** The client is gone, or spoke nonsense in the middle of its body. */
  clientLeft(): void {
    if (this.#phase === 'over') return;
    // Who waited in vain counts against the slot; who went at once, or left a stream half-way, does not.
    this.#failed ||= this.#phase === 'asking' && this.#sending.complete && this.#patience.isLong;
    this.#held?.leave();
    this.#attempts.connection?.abandon();
    this.end();
  }

  // What the instance sends.

  informed(head: ResponseHead): void {
    this.#patience.touch();
    this.#informed += 1;
    if (this.#informed > maxInformational) this.#fail();
    else if (head.status !== 100 || (this.head.expects && this.#informed === 1)) this.#client.inform(head);
  }

  answered(head: ResponseHead): void {
    const claim = this.claim;
    if (!claim) return;
    claim.answered(head.status);
    if (this.#attempts.moveElsewhere(head.status, !this.#confirmed)) {
      this.#asked();
      this.flushRequest();
      return;
    }
    this.#phase = 'answering';
    this.#patience.touch();
    this.#sending.settle();
    this.isEvents = head.events;
    this.#failed = head.status >= 500;
    if (head.events) claim.lasts(this);
    this.#client.answer(head, claim.marks(this.#confirmed));
  }

  flushAnswer(): void {
    this.sink.flush();
    if (this.#phase !== 'answering') return;
    this.#patience.touch();
    if (this.sink.congested) this.#attempts.connection?.link.pause();
  }

  completed(trailers: string): void {
    this.#attempts.connection = undefined;
    this.end();
    this.#client.finish(trailers);
  }

  switched(head: ResponseHead, rest: Buffer): void {
    const { claim, connection } = this.#attempts;
    if (!claim || !connection || !isOffered(head.upgrade, this.#sending.offered)) {
      connection?.abandon(); // Nobody asked for it.
      this.#fail();
      return;
    }
    claim.answered(head.status);
    this.#phase = 'tunnel';
    claim.lasts(this);
    this.#client.tunnel(head, { marks: claim.marks(this.#confirmed), connection, rest });
  }

  broken(connection: UpstreamConnection): void {
    if (this.#phase === 'over' || connection !== this.#attempts.connection) return;
    if (this.#phase === 'asking' && !this.#timedOut && this.#attempts.repeat()) {
      this.#asked();
      this.flushRequest();
      this.#client.continueBody();
    } else this.#fail();
    this.sink.flush();
  }

  /** No complete answer will come from the instance. */
  #fail(): void {
    if (this.#phase === 'answering') {
      this.#failed = true;
      this.#attempts.connection = undefined;
      this.end();
      this.#client.truncate();
    } else if (this.#attempts.isElsewhere) this.#refuse(missing);
    else this.#refuse(this.#timedOut ? tooLate : noAnswer);
  }

  #refuse(refusal: Refusal): void {
    this.#failed ||= refusal.status >= 500;
    this.#attempts.connection?.abandon();
    this.end();
    this.#client.refuse(refusal, !this.#sending.complete);
  }

  get kind(): Lasting['kind'] {
    return this.#phase === 'tunnel' ? 'websocket' : 'stream';
  }

  /** Ends what does not end by itself, in a way that tells the client to come again. */
  close(): void {
    if (this.#phase !== 'answering' && this.#phase !== 'tunnel') return; // It ended; its client may have asked again.
    if (this.#phase === 'answering') {
      this.#attempts.connection?.abandon();
      this.end();
    }
    this.#client.cut();
  }

  /** Gives the place in the slot back; called by whoever closed a tunnel. */
  end(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#sending.settle();
    this.claim?.release({ failed: this.#failed, counted: !this.#confirmed });
  }

  /** Looks at the clock; called every `limits.sweep`. */
  tick(): void {
    const awaited = this.#awaited;
    if (!this.#patience.isOver(awaited, this.#sending.received)) return;
    if (awaited === 'request') this.#refuse(requestLate);
    else this.#expire();
  }

  get #awaited(): Awaited {
    if (this.#phase === 'asking') {
      if (!this.#attempts.connection?.connected) return 'connection';
      return this.#sending.complete || this.#sending.congested ? 'answer' : 'request';
    }
    if (this.#phase !== 'answering') return 'nothing';
    if (this.sink.congested) return 'reader';
    if (this.#clientEnded) return 'half-closed reader';
    return this.isEvents ? 'nothing' : 'content';
  }

  #expire(): void {
    this.#timedOut = true;
    this.#attempts.connection?.abandon(true);
    if (this.#attempts.connection) this.broken(this.#attempts.connection);
  }
}
