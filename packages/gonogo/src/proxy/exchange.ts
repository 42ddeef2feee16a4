import { type ClientRequest, type IncomingMessage, request as open, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { relayAnswer, relayInformation } from './answer.ts';
import type { Claim } from './claim.ts';
import type { Destination } from './destination.ts';
import { hasBody, requestHeaders } from './headers.ts';
import { limits } from './limits.ts';
import { malformed, noAnswer, type Refusal, refuse, tooLate } from './refuse.ts';
import type { Routes } from './routes.ts';

export type ExchangeOptions = {
  readonly claim: Claim;
  readonly routes: Routes;
  readonly destination: Destination;
  /** The request carried the confirm secret: its answer names the slot, and it is not counted. */
  readonly confirmed: boolean;
};

const repeatable = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * One request and its answer, between a client and an instance. It ends in exactly one of three ways: the answer is
 * complete, the client left, or the instance failed and the client was told so (by a status before the head of the
 * answer, by a reset after it).
 */
export class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: ExchangeOptions;
  readonly #client: Socket;
  readonly #began = performance.now();
  #upstream: ClientRequest | undefined;
  #connecting: NodeJS.Timeout | undefined;
  #bytesBefore = 0;
  #bodySent = false;
  #answering = false;
  #timedOut = false;
  #retried = false;
  #failed = false;
  #over = false;

  constructor(request: IncomingMessage, response: ServerResponse, options: ExchangeOptions) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#client = request.socket;
  }

  start(): void {
    this.#client.on('close', this.#clientLeft);
    this.#response.once('finish', this.#complete);
    this.#request.on('error', ignore);
    this.#response.on('error', ignore);
    this.#try(false);
  }

  #try(fresh: boolean): void {
    const { claim, destination } = this.#options;
    const { member, agent } = claim.upstream;
    agent.closeStale();
    try {
      this.#upstream = open({
        host: member.host,
        port: member.port,
        agent: fresh ? false : agent,
        method: this.#request.method ?? 'GET',
        path: destination.path,
        headers: requestHeaders(this.#request, { host: destination.host, upgrade: false }),
        setHost: false,
      });
    } catch {
      this.#refuse(malformed); // A path or a header that may not be sent; nothing was.
      return;
    }
    this.#listen(this.#upstream);
  }

  #listen(upstream: ClientRequest): void {
    upstream.on('socket', (socket) => this.#connected(upstream, socket));
    upstream.on('continue', () => this.#response.headersSent || this.#response.writeContinue());
    upstream.on('information', (info) => relayInformation(info, this.#response));
    upstream.on('response', (answer) => this.#answer(upstream, answer));
    upstream.on('upgrade', (_answer, socket) => {
      socket.on('error', ignore).destroy(); // Nobody asked for an upgrade.
      this.#broken(upstream);
    });
    upstream.on('error', (error) => this.#broken(upstream, error));
    upstream.on('timeout', () => this.#expire(upstream));
  }

  /** The body waits for the connection, so that it is still whole for another instance if this one refuses. */
  #connected(upstream: ClientRequest, socket: Socket): void {
    this.#bytesBefore = socket.bytesRead;
    const ready = (): void => {
      clearTimeout(this.#connecting);
      upstream.setTimeout(limits.answer);
      if (this.#over || upstream !== this.#upstream) return;
      if (!hasBody(this.#request)) return void upstream.end();
      this.#bodySent = true;
      upstream.flushHeaders();
      this.#request.pipe(upstream);
    };
    if (socket.connecting) {
      this.#connecting = setTimeout(() => this.#expire(upstream), limits.connect);
      socket.once('connect', ready);
    } else ready();
  }

  #expire(upstream: ClientRequest): void {
    if (this.#answering) return;
    this.#timedOut = true;
    upstream.destroy();
  }

  #answer(upstream: ClientRequest, answer: IncomingMessage): void {
    if (this.#over || upstream !== this.#upstream) return void answer.destroy();
    const { claim, routes, confirmed } = this.#options;
    claim.answered(answer.statusCode);
    upstream.setTimeout(0);
    this.#answering = true;
    this.#failed = (answer.statusCode ?? 0) >= 500;
    const marks = claim.marks(confirmed);
    try {
      relayAnswer(answer, this.#response, {
        extra: routes.retiring ? [...marks, 'Connection', 'close'] : marks,
        truncated: () => this.#truncate(),
      });
    } catch {
      upstream.destroy(); // A status or a header that may not be sent on, such as `HTTP/1.1 099`.
      this.#refuse(noAnswer);
    }
  }

  #broken(upstream: ClientRequest, error?: NodeJS.ErrnoException): void {
    clearTimeout(this.#connecting);
    if (this.#over || upstream !== this.#upstream) return;
    if (this.#answering) return; // The answer's own `close` says whether it was complete.
    if (this.#mayRepeat(upstream, error)) {
      this.#retried = true;
      if (isRefused(error)) this.#options.claim.moveOn();
      this.#try(true);
      return;
    }
    this.#refuse(this.#timedOut ? tooLate : noAnswer);
  }

  /** At most once, and only where the instance cannot have acted on it, or where acting twice is the same. */
  #mayRepeat(upstream: ClientRequest, error: NodeJS.ErrnoException | undefined): boolean {
    if (this.#retried || this.#timedOut || this.#bodySent) return false;
    if (isRefused(error)) return true;
    const silent = (upstream.socket?.bytesRead ?? 0) === this.#bytesBefore;
    const method = this.#request.method ?? '';
    return upstream.reusedSocket && silent && repeatable.has(method) && !hasBody(this.#request);
  }

  /** A complete answer of our own, instead of the instance's. */
  #refuse(refusal: Refusal): void {
    this.#answering = true;
    this.#failed ||= refusal.status >= 500;
    this.#request.unpipe();
    this.#request.resume();
    refuse(this.#response, refusal, this.#bodySent || this.#options.routes.retiring);
  }

  /** A reset, since for a client that reads until the end of the connection a plain close would look complete. */
  #truncate(): void {
    this.#failed = true;
    this.#client.resetAndDestroy();
  }

  readonly #complete = (): void => this.#end();

  readonly #clientLeft = (): void => {
    // Who waited in vain counts against the slot; who went at once, or left a stream half-way, does not.
    if (!this.#answering) this.#failed = performance.now() - this.#began > limits.patience;
    this.#end();
    this.#upstream?.destroy();
  };

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#connecting);
    this.#client.off('close', this.#clientLeft);
    this.#options.claim.release({ failed: this.#failed, counted: !this.#options.confirmed });
  }
}

/** The connection was never made, so nothing was sent. */
const isRefused = (error: NodeJS.ErrnoException | undefined): boolean =>
  error?.syscall === 'connect' && error.code !== undefined;

/** `close` of the connection follows, and that is what we act on. */
function ignore(): void {
  return;
}
