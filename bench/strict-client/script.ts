import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerReader, type StrictAnswer } from '../../packages/gonogo/src/system/answer-reader.ts';
import type { StrictSummary } from '../../packages/gonogo/src/system/strict-client.ts';
import type { Front } from './long-lived.ts';

/** What is sent on a kept connection in one go or in pieces, and the answers it must have, in turn. */
export type Script = {
  readonly pieces: readonly Buffer[];
  /** Between two pieces; milliseconds. */
  readonly pause: number;
  /** Of each request: its method, and why an answer is not the right one. */
  readonly requests: readonly { method: string; judge(answer: StrictAnswer): string | undefined }[];
};

export type Counted = Pick<StrictSummary, 'requests' | 'failed' | 'examples' | 'slowestMs'>;
type Mutable = { -readonly [K in keyof Counted]: Counted[K] };

type Options = Front & { readonly script: Script; readonly connections: number; readonly every: number };

/** Requests that an answer with `Connection: close` left behind it were never asked: RFC 9112 §9.6. */
type Played = { readonly asked: number; readonly lost: readonly string[]; readonly goesOn: boolean };

/** No answer may take longer than this after the last piece; milliseconds. */
const patience = 10_000;

/** Plays a script again and again, on so many kept connections, each `every` milliseconds; nothing is asked twice. */
export function repeat(options: Options): { stop(): Promise<Counted> } {
  const sum: Mutable = { requests: 0, failed: 0, examples: [], slowestMs: 0 };
  const run = { stopped: false };
  const workers = Array.from({ length: options.connections }, () => work(options, run, sum));
  return {
    stop: async () => {
      run.stopped = true;
      await Promise.all(workers);
      return sum;
    },
  };
}

async function work(options: Options, run: { stopped: boolean }, sum: Mutable): Promise<void> {
  let socket: net.Socket | undefined;
  while (!run.stopped) {
    const since = performance.now();
    socket = socket?.readable ? socket : open(options);
    const { asked, lost, goesOn } = await play(socket, options.script);
    sum.requests += asked;
    sum.failed += lost.length;
    sum.examples = [...sum.examples, ...lost].slice(0, 10);
    sum.slowestMs = Math.max(sum.slowestMs, performance.now() - since);
    if (!goesOn) socket = void socket.destroy();
    await sleep(Math.max(0, options.every - (performance.now() - since)));
  }
  socket?.destroy();
}

/** What goes wrong between two rounds is seen by the next one. */
function open({ host, port }: Front): net.Socket {
  const socket = net.connect({ host, port, noDelay: true });
  return socket.setMaxListeners(0).on('error', () => socket.destroy());
}

async function play(socket: net.Socket, { pieces, pause, requests }: Script): Promise<Played> {
  const answers = readAnswers(
    socket,
    requests.map(({ method }) => method),
  );
  for (const [i, piece] of pieces.entries()) {
    if (i > 0) await sleep(pause);
    if (!socket.destroyed && socket.writable) socket.write(piece);
  }
  const { read, why } = await answers;
  const lost = read.flatMap((answer, i) => {
    const wrong = requests[i]?.judge(answer);
    return wrong === undefined ? [] : [`answer ${i + 1}: ${wrong}`];
  });
  const closes = read.some((answer) => answer.closes);
  const asked = closes ? read.length : requests.length;
  const missing = Array.from({ length: asked - read.length }, () => why ?? 'no answer');
  if (closes && why !== undefined && why !== ended) lost.push(why);
  return { asked, lost: [...lost, ...missing], goesOn: why === undefined && !closes && lost.length === 0 };
}

const ended = 'the connection was closed';

/** Reads one answer for each method; `why` says what ended it before the last one, or what came after it. */
function readAnswers(
  socket: net.Socket,
  methods: readonly string[],
): Promise<{ read: readonly StrictAnswer[]; why?: string }> {
  const { promise, resolve } = Promise.withResolvers<{ read: readonly StrictAnswer[]; why?: string }>();
  const read: StrictAnswer[] = [];
  let reader = new AnswerReader(methods[0] ?? 'GET');
  const done = (why?: string): void => {
    clearTimeout(timer);
    for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener);
    resolve({ read, ...(why === undefined ? {} : { why }) });
  };
  const take = (bytes: Buffer): void => {
    for (let rest = bytes; rest.length > 0; ) {
      if (read.length === methods.length) {
        done(`${rest.length} bytes that nobody asked for`);
        return;
      }
      const answer = reader.push(rest);
      if (!answer) return;
      rest = rest.subarray(rest.length - reader.excess);
      read.push(answer);
      reader = new AnswerReader(methods[read.length] ?? 'GET');
    }
    if (read.length === methods.length) done();
  };
  const listeners = {
    data: (bytes: Buffer): void => {
      try {
        take(bytes);
      } catch (error) {
        done((error as Error).message);
      }
    },
    end: () => done(ended),
    close: () => done(ended),
    error: (error: Error) => done(error.message),
  };
  const timer = setTimeout(() => done(`nothing complete in ${patience} ms`), patience);
  for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);
  return promise;
}
