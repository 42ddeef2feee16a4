import net from 'node:net';
import { AnswerReader, type StrictAnswer } from './answer-reader.ts';

/** Every way in which a request can be lost. */
export const losses = [
  /** The connection was not accepted. */
  'connect',
  /** A connection that had answered before gave not one byte: what most load generators hide by asking again. */
  'reused-silent',
  /** The first request of a connection got not one byte. */
  'first-silent',
  /** An answer began and did not end as its framing promised. */
  'truncated',
  /** What came is no HTTP answer. */
  'malformed',
  /** A complete answer with another status than expected. */
  'wrong-status',
  /** A complete answer with another content than expected. */
  'wrong-body',
  /** Bytes that no request asked for. */
  'unsolicited',
  /** No complete answer in time. */
  'timeout',
] as const;
export type Loss = (typeof losses)[number];

export type StrictOutcome = { readonly answer: StrictAnswer } | { readonly loss: Loss; readonly why: string };

export type StrictRequest = { readonly method: string; readonly bytes: Buffer };

/** One raw connection that asks one thing at a time and never asks again. */
export class StrictConnection {
  readonly #socket: net.Socket;
  #answered = 0;
  #reader: AnswerReader | undefined;
  #settle: ((outcome: StrictOutcome) => void) | undefined;
  #strayBytes = 0;
  #ended = false;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('error', (error) => this.#close(error.message));
    socket.on('end', () => this.#close('the connection was closed'));
    socket.on('close', () => this.#close('the connection was closed'));
  }

  /** Rejects with the system's error, or with ETIMEDOUT after `timeout` milliseconds. */
  static async open(host: string, port: number, timeout: number): Promise<StrictConnection> {
    const socket = net.connect({ host, port });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`ETIMEDOUT after ${timeout} ms`)), timeout);
    socket.once('connect', resolve).once('error', reject);
    try {
      await promise;
      return new StrictConnection(socket);
    } catch (error) {
      socket.on('error', () => socket.destroy()); // Too late to matter: it is reported already.
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** False once the server closed it: then it is not asked, and nothing is lost. */
  get usable(): boolean {
    return !this.#ended;
  }

  /** Bytes that came when nothing was asked. */
  get strayBytes(): number {
    return this.#strayBytes;
  }

  async ask(request: StrictRequest, timeout: number): Promise<StrictOutcome> {
    const { promise, resolve } = Promise.withResolvers<StrictOutcome>();
    this.#reader = new AnswerReader(request.method);
    this.#settle = resolve;
    const timer = setTimeout(
      () => this.#end({ loss: 'timeout', why: `nothing complete in ${timeout} ms` }),
      timeout,
    );
    this.#socket.write(request.bytes);
    const outcome = await promise;
    clearTimeout(timer);
    return outcome;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    const reader = this.#reader;
    if (!reader || !this.#settle) {
      this.#strayBytes += bytes.length;
      return;
    }
    try {
      const answer = reader.push(bytes);
      if (!answer) return;
      this.#answered += 1;
      this.#strayBytes += reader.excess;
      this.#end({ answer });
    } catch (error) {
      this.#end({ loss: 'malformed', why: (error as Error).message });
    }
  }

  #close(why: string): void {
    this.#ended = true;
    if (!this.#settle || !this.#reader) return;
    const answer = this.#reader.end();
    if (answer) this.#end({ answer: { ...answer, closes: true } });
    else if (this.#reader.started) this.#end({ loss: 'truncated', why });
    else this.#end({ loss: this.#answered > 0 ? 'reused-silent' : 'first-silent', why });
  }

  #end(outcome: StrictOutcome): void {
    this.#settle?.(outcome);
    this.#settle = undefined;
  }
}
