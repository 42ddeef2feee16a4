import { setTimeout as sleep } from 'node:timers/promises';
import type { StrictAnswer } from './answer-reader.ts';
import {
  type Loss,
  losses,
  StrictConnection,
  type StrictOutcome,
  type StrictRequest,
} from './strict-connection.ts';

export type StrictOptions = {
  readonly host: string;
  readonly port: number;
  /** Default: `/`. */
  readonly path?: string;
  /** Default: GET. */
  readonly method?: string;
  /** Sent as they are, beside Host, Connection and Content-Length. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How many connections ask at the same time; default 8. */
  readonly connections?: number;
  /** False: one request a connection. Default true. */
  readonly keepAlive?: boolean;
  /** Ends after this many requests; default: not by number. */
  readonly requests?: number;
  /** Ends after this many milliseconds; default: when it is stopped. */
  readonly forMs?: number;
  /** Requests a second over all connections; default: as many as are answered. */
  readonly rate?: number;
  /** For one answer, and for one connection to be made; milliseconds, default 10 s. */
  readonly timeout?: number;
  /** Why an answer is not the right one; default: any status but 200 is wrong. */
  readonly judge?: (answer: StrictAnswer) => 'wrong-status' | 'wrong-body' | undefined;
  /** Told of every complete answer, right or wrong. */
  readonly onAnswer?: (answer: StrictAnswer, ms: number) => void;
  readonly onLoss?: (loss: Loss, why: string) => void;
};

export type StrictSummary = {
  readonly requests: number;
  /** Requests without a complete, right answer, and connections with bytes nobody asked for. */
  readonly failed: number;
  readonly losses: Readonly<Record<Loss, number>>;
  /** The first losses in words. */
  readonly examples: readonly string[];
  readonly connections: number;
  readonly slowestMs: number;
};

export type StrictClient = {
  counts(): StrictSummary;
  /** Lets what was asked be answered, and sums up. */
  stop(): Promise<StrictSummary>;
  /** The sum when it has ended by itself, or was stopped. */
  readonly done: Promise<StrictSummary>;
};

type Run = {
  readonly options: StrictOptions;
  readonly request: StrictRequest;
  readonly timeout: number;
  readonly until: number;
  stopped: boolean;
  begun: number;
  readonly sum: Mutable<StrictSummary>;
};

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends Readonly<Record<Loss, number>> ? Record<Loss, number> : T[K];
};

/**
 * Asks as a demanding user would: raw sockets, nothing asked twice, every loss told by its kind. A change "under load
 * without a lost request" is claimed by this and by nothing else, because most clients hide losses by asking again.
 */
export function startStrictClient(options: StrictOptions): StrictClient {
  const run = begin(options);
  const workers = Array.from({ length: options.connections ?? 8 }, (_, index) => work(run, index));
  const done = Promise.all(workers).then(() => summary(run));
  return {
    counts: () => summary(run),
    stop: () => {
      run.stopped = true;
      return done;
    },
    done,
  };
}

function begin(options: StrictOptions): Run {
  const none = Object.fromEntries(losses.map((loss) => [loss, 0])) as Record<Loss, number>;
  return {
    options,
    request: { method: options.method ?? 'GET', bytes: requestBytes(options) },
    timeout: options.timeout ?? 10_000,
    until: performance.now() + (options.forMs ?? Number.POSITIVE_INFINITY),
    stopped: false,
    begun: 0,
    sum: { requests: 0, failed: 0, losses: none, examples: [], connections: 0, slowestMs: 0 },
  };
}

function requestBytes({
  host,
  port,
  path = '/',
  method = 'GET',
  headers = {},
  body,
  keepAlive = true,
}: StrictOptions): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host.includes(':') ? `[${host}]` : host}:${port}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (!keepAlive) lines.push('Connection: close');
  if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
}

/** One connection after another, one request after another. */
async function work(run: Run, index: number): Promise<void> {
  const { rate, connections = 8, keepAlive = true } = run.options;
  const pause = rate === undefined ? 0 : (connections / rate) * 1000;
  let due = performance.now() + (pause * index) / connections;
  let connection: StrictConnection | undefined;
  for (;;) {
    if (pause > 0) await sleep(Math.max(0, due - performance.now()));
    due = Math.max(due + pause, performance.now() - 1000); // After a stall it does not catch up on more than a second.
    if (!mayBegin(run)) break;
    if (!connection?.usable || connection.strayBytes > 0)
      connection = await leave(run, connection).then(() => open(run));
    if (!connection) continue;
    const goesOn = await askOnce(run, connection);
    if (!goesOn || !keepAlive) connection = await leave(run, connection);
  }
  await leave(run, connection);
}

function mayBegin(run: Run): boolean {
  const { requests = Number.POSITIVE_INFINITY } = run.options;
  if (run.stopped || run.begun >= requests || performance.now() >= run.until) return false;
  run.begun += 1;
  return true;
}

async function open(run: Run): Promise<StrictConnection | undefined> {
  try {
    run.sum.connections += 1;
    return await StrictConnection.open(run.options.host, run.options.port, run.timeout);
  } catch (error) {
    run.sum.requests += 1;
    lose(run, 'connect', (error as Error).message);
    await sleep(5); // A refusal is immediate: a loop of them would keep a processor busy.
    return undefined;
  }
}

/** Answers whether the connection can be used again. */
async function askOnce(run: Run, connection: StrictConnection): Promise<boolean> {
  const since = performance.now();
  const outcome = await connection.ask(run.request, run.timeout);
  const ms = performance.now() - since;
  run.sum.requests += 1;
  run.sum.slowestMs = Math.max(run.sum.slowestMs, ms);
  note(run, outcome, ms);
  return 'answer' in outcome && !outcome.answer.closes && connection.strayBytes === 0;
}

function note(run: Run, outcome: StrictOutcome, ms: number): void {
  if ('loss' in outcome) {
    lose(run, outcome.loss, outcome.why);
    return;
  }
  const { answer } = outcome;
  run.options.onAnswer?.(answer, ms);
  const wrong = (run.options.judge ?? only200)(answer);
  if (wrong) lose(run, wrong, `${answer.status} ${answer.body.toString('utf8', 0, 80)}`);
}

const only200 = (answer: StrictAnswer): 'wrong-status' | undefined =>
  answer.status === 200 ? undefined : 'wrong-status';

/** Closes a connection, and finds what came on it unasked. */
async function leave(run: Run, connection: StrictConnection | undefined): Promise<undefined> {
  if (connection && connection.strayBytes > 0) lose(run, 'unsolicited', `${connection.strayBytes} bytes`);
  connection?.close();
  return undefined;
}

function lose(run: Run, loss: Loss, why: string): void {
  run.sum.losses[loss] += 1;
  run.sum.failed += 1;
  if (run.sum.examples.length < 10) run.sum.examples = [...run.sum.examples, `${loss}: ${why}`];
  run.options.onLoss?.(loss, why);
}

const summary = (run: Run): StrictSummary => ({ ...run.sum, losses: { ...run.sum.losses } });
