import type { AnswerSink } from './client-side.ts';
import { BodyReader, type Framing } from './http/body.ts';
import { bad, more, noNames, without } from './http/fields.ts';
import { type ResponseHead, readResponse } from './http/response-head.ts';
import type { Limits } from './limits.ts';
import { Link, type LinkOwner } from './link.ts';
import type { Upstream } from './upstream.ts';

/** Who waits for an answer. */
export type Asker = {
  readonly method: string;
  /** The instance is asked to switch; an answer that does not is the last one of its connection. */
  readonly asksToSwitch: boolean;
  /** An informational answer, 101 not among them. */
  informed(head: ResponseHead): void;
  answered(head: ResponseHead): void;
  /** Takes the content of the answer. */
  readonly sink: AnswerSink;
  /** All that came at once was handed on: it may be written. */
  flushAnswer(): void;
  /** The answer is complete; its trailer lines. */
  completed(trailers: string): void;
  /** The instance speaks another protocol from now on; the octets that came already. */
  switched(head: ResponseHead, rest: Buffer): void;
  /** No complete answer will come. */
  broken(connection: UpstreamConnection): void;
  /** The instance takes more of the request. */
  upstreamDrained(): void;
};

/** What a connection does when it carries no message any more: after a switch. */
export type RawOwner = Omit<LinkOwner, 'bytes'> & { bytes(bytes: Buffer, start: number, end: number): void };

const headLimit = 65_536;

/** A connection to an instance. It carries one request and its answer at a time. */
export class UpstreamConnection implements LinkOwner {
  readonly link: Link;
  readonly upstream: Upstream;
  /** It has carried a request before. */
  reused = false;
  connected = false;
  /** Anything of the answer came. */
  heard = false;
  idleSince = 0;
  /** Idle for longer than this it must not be trusted with what cannot be repeated; milliseconds. */
  idleLimit: number;
  #asker: Asker | undefined;
  #raw: RawOwner | undefined;
  #partial: Buffer | undefined;
  #head: ResponseHead | undefined;
  #body: BodyReader | undefined;
  #out = '';
  #sent = false;
  #ended = false;

  constructor(upstream: Upstream, limits: Pick<Limits, 'idleUpstream' | 'bufferedBytes'>) {
    this.upstream = upstream;
    this.idleLimit = limits.idleUpstream;
    this.link = Link.connect(this, upstream.member, limits.bufferedBytes);
    this.link.socket.once('connect', () => {
      this.connected = true;
    });
  }

  get usable(): boolean {
    return !this.#ended && !this.link.closed;
  }

  begin(asker: Asker): void {
    this.#asker = asker;
    this.#head = undefined;
    this.#body = undefined;
    this.heard = false;
    this.#sent = false;
  }

  /** Part of a request; written by `flush`. */
  write(text: string): void {
    this.#out += text;
  }

  writeOctets(bytes: Buffer, start: number, end: number): void {
    if (this.#out === '') this.link.writeOctets(bytes, start, end);
    else this.link.writeBoth(this.#out, bytes, { start, end });
    this.#out = '';
  }

  /** The request is complete. */
  sent(): void {
    this.#sent = true;
  }

  flush(): void {
    if (this.#out === '' || this.link.closed) return;
    this.link.write(this.#out);
    this.#out = '';
  }

  /** The one who asked does not want the answer any more; `late`: since it took too long. */
  abandon(late = false): void {
    if (late) this.upstream.health.failed(!this.connected);
    this.#asker = undefined;
    this.link.destroy();
  }

  /** From now on octets pass as they are. */
  become(raw: RawOwner): void {
    this.#asker = undefined;
    this.#raw = raw;
    this.#lasts();
  }

  bytes(bytes: Buffer, end: number): void {
    if (this.#raw) this.#raw.bytes(bytes, 0, end);
    else if (!this.#asker)
      this.link.destroy(); // Nobody asked: the next one must not get it as an answer.
    else this.#read(this.#asker, bytes, end);
  }

  #read(asker: Asker, came: Buffer, cameEnd: number): void {
    this.heard = true;
    const bytes = this.#partial ? Buffer.concat([this.#partial, came.subarray(0, cameEnd)]) : came;
    const end = this.#partial ? bytes.length : cameEnd;
    this.#partial = undefined;
    const at = this.#body ? 0 : this.#readHeads(asker, bytes, end);
    if (at >= 0 && this.#body) this.#readBody(asker, { bytes, at, end });
    asker.flushAnswer();
  }

  /** Reads informational heads and the final one; answers where the body begins, or less than 0 when there is none yet. */
  #readHeads(asker: Asker, bytes: Buffer, end: number): number {
    let at = 0;
    while (this.#asker === asker) {
      const head = readResponse(bytes, { at, end }, headLimit);
      if (head === more) {
        this.#partial = Buffer.from(bytes.subarray(at, end));
        return -1;
      }
      if (head === bad) return this.#fail(asker);
      at = head.end;
      if (head.status >= 200) return this.#answered(asker, head);
      if (head.status === 101) {
        asker.switched(head, Buffer.from(bytes.subarray(at, end)));
        return -1;
      }
      asker.informed(head);
    }
    return -1;
  }

  #answered(asker: Asker, head: ResponseHead): number {
    this.#head = head;
    this.#body = new BodyReader(framingOf(asker.method, head));
    if (head.events) this.#lasts();
    asker.answered(head);
    return this.#asker === asker ? head.end : -1;
  }

  /** What it answers may never be complete, and no deadline finds out whether it is still there. */
  #lasts(): void {
    this.upstream.health.succeeded();
    this.link.watchPeer();
  }

  #readBody(asker: Asker, { bytes, at, end }: { bytes: Buffer; at: number; end: number }): void {
    const body = this.#body;
    if (!body) return;
    const next = body.read(bytes, { at, end }, asker.sink);
    if (this.#asker !== asker) return; // It was abandoned while its answer was read.
    if (next < 0) this.#fail(asker);
    else if (body.done) this.#complete(asker, next < end);
    else {
      const much = body.expected > 16_384;
      this.link.expectBulk(much, !much && asker.sink.congested);
    }
  }

  #complete(asker: Asker, excess: boolean): void {
    // An instance that answered at length may do so again.
    this.link.expectBulk((this.#body?.received ?? 0) > 16_384, asker.sink.congested);
    this.link.resume();
    this.#asker = undefined;
    this.upstream.health.succeeded();
    const { keepAlive = false, idle = -1 } = this.#head ?? {};
    if (idle >= 0) this.idleLimit = Math.max(0, idle - 1000);
    const may = keepAlive && !asker.asksToSwitch && this.#sent;
    if (may && !excess && this.usable) this.upstream.give(this);
    else this.link.destroy();
    asker.completed(without(this.#body?.trailers ?? '', this.#head?.nominated ?? noNames));
  }

  #fail(asker: Asker): -1 {
    this.#blame();
    this.abandon();
    asker.broken(this);
    return -1;
  }

  ended(): void {
    this.#ended = true;
    const asker = this.#asker;
    if (this.#raw) this.#raw.ended();
    else if (!asker) this.link.destroy();
    else if (this.#body?.endsByClose) {
      this.#complete(asker, false);
      asker.flushAnswer();
    } else this.#fail(asker);
  }

  drained(): void {
    if (this.#raw) this.#raw.drained();
    else this.#asker?.upstreamDrained();
  }

  closed(): void {
    const asker = this.#asker;
    this.#asker = undefined;
    if (this.#raw) this.#raw.closed();
    else if (asker) {
      this.#blame();
      asker.broken(this);
    }
    this.upstream.lost(this);
  }

  /** No answer: unless a kept connection was closed at the wrong moment, that says something about the instance. */
  #blame(): void {
    if (!this.reused || this.heard) this.upstream.health.failed(!this.connected);
  }
}

/** How an answer's body is delimited (RFC 9112 §6.3). */
function framingOf(method: string, head: ResponseHead): Framing {
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return 0;
  if (head.chunked) return 'chunked';
  return head.length >= 0 ? head.length : 'until-close';
}
