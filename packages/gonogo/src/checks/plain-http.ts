import net from 'node:net';
import { AnswerReader, type StrictAnswer } from '../system/answer-reader.ts';
import type { HttpAnswer } from './judge.ts';
import type { SpecOf } from './kind.ts';

/** A question that wants a status of an HTTP server, and of the body no more than who answers. */
export type PlainQuestion = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly longestBody: number;
  readonly connect: net.TcpNetConnectOpts;
  /** Told of the socket, to see how far it comes. */
  readonly onSocket: (socket: net.Socket) => void;
};

/** A probe's question, which is asked again and again for as long as anything runs. */
export const isPlain = ({ method, body, expect }: SpecOf<'http'>, { protocol }: URL): boolean =>
  method === 'GET' &&
  body === undefined &&
  protocol === 'http:' &&
  expect.headers === undefined &&
  expect.json === undefined &&
  expect.body === undefined;

/** More than `node:http` takes; what has said no status by then is no HTTP server. */
const longestHead = 64 * 1024;

/** What every socket reads into; nothing stays in it, because what is read is copied before the next read. */
const shared = Buffer.alloc(64 * 1024);

/**
 * Asks on a connection of its own, without `node:http`: an agent that looks after a hundred instances spends most of its
 * time here, and this takes half of it. Rejects with the socket's error, a SyntaxError for what is no HTTP, or the
 * signal's reason.
 */
export function askPlainly(question: PlainQuestion): Promise<HttpAnswer> {
  const { signal, connect, longestBody } = question;
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const began = performance.now();
  const reader = new AnswerReader('GET');
  const answered = (answer: Omit<HttpAnswer, 'ms'>): void =>
    resolve({ ...answer, ms: performance.now() - began });
  let length = 0;
  const read = (size: number): boolean => {
    length += size;
    try {
      const answer = reader.push(Buffer.copyBytesFrom(shared, 0, size));
      if (answer) answered(wholeAnswer(answer));
      else if (length > longestBody && reader.status) answered(unfinished(reader.status, 'cut'));
      else if (length > longestHead && !reader.status) reject(new SyntaxError('its head does not end'));
    } catch (error) {
      reject(error);
    }
    return true;
  };
  const socket = net.connect({ ...connect, onread: { buffer: shared, callback: read } });
  const late = (): void => reject(signal.reason);
  signal.addEventListener('abort', late, { once: true });
  question.onSocket(socket);
  socket.once('error', reject);
  socket.once('end', () => {
    const answer = reader.end();
    if (answer) answered(wholeAnswer(answer));
    else if (reader.status) answered(unfinished(reader.status, 'broken'));
    else if (reader.started) reject(new SyntaxError('what came is no answer'));
    else reject(Object.assign(new Error('it hung up'), { code: 'ECONNRESET' }));
  });
  socket.write(requestOf(question));
  return promise.finally(() => {
    signal.removeEventListener('abort', late);
    socket.destroy();
  });
}

const requestOf = ({ url, headers }: PlainQuestion): string =>
  `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: close\r\n${Object.entries(
    headers,
  )
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

const wholeAnswer = ({ status, headers, body }: StrictAnswer): Omit<HttpAnswer, 'ms'> => ({
  status,
  headers: Object.fromEntries(headers),
  body: body.toString('utf8'),
  ended: 'whole',
});

const unfinished = (status: number, ended: 'cut' | 'broken'): Omit<HttpAnswer, 'ms'> => ({
  status,
  headers: {},
  body: '',
  ended,
});
