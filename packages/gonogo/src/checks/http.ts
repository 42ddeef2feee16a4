import { once } from 'node:events';
import type { IncomingMessage, RequestOptions } from 'node:http';
import net from 'node:net';
import { type HttpAnswer, judge } from './judge.ts';
import { type Answer, type Asking, fail, type Kind, type SpecOf } from './kind.ts';
import { networkFailure, noAnswer, type Progress } from './network.ts';
import { askPlainly, isPlain } from './plain-http.ts';
import { connectOptions } from './tcp.ts';
import { tlsFailure } from './tls.ts';

/** The most of a body that is read. */
const longestBody = 1024 * 1024;

/**
 * Asks once over HTTP on a connection of its own; follows no redirect. It uses `node:http`, which loads in a fifth of
 * the time undici needs and dials from any source address.
 */
export const http: Kind<'http'> = async (spec, asking) => {
  const url = urlOf(spec.url, asking.at.base);
  if (typeof url === 'string') return fail('usage', url, 'write a path of the service, or an absolute URL');
  const progress = progressOf(url, asking);
  const sending = { spec, asking, progress };
  try {
    const answer = await (isPlain(spec, url) ? plainExchange(url, sending) : exchange(url, sending));
    return judge(spec.expect, answer, asking.redact);
  } catch (error) {
    if (asking.signal.aborted) return noAnswer(progress);
    return protocolFailure(error) ?? tlsFailure(error) ?? networkFailure(error, progress);
  }
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Sending = {
  readonly spec: SpecOf<'http'>;
  readonly asking: Asking;
  readonly progress: Mutable<Progress>;
};

function urlOf(text: string, base: string | undefined): URL | string {
  if (base === undefined && !/^https?:\/\//i.test(text)) return 'there is no address to ask this path of';
  // A base with a path of its own keeps it: /status of https://host/app is https://host/app/status.
  const whole = text.startsWith('/') ? `${base?.replace(/\/+$/, '')}${text}` : text;
  if (!URL.canParse(whole)) return 'this is not a URL';
  const url = new URL(whole);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : `${url.protocol}// is not HTTP`;
}

function progressOf(url: URL, { timeout }: Asking): Mutable<Progress> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return { host, port, resolved: net.isIP(host) !== 0, connected: false, timeout };
}

/** Sends the request and reads the answer; rejects with what ended it early. */
async function exchange(url: URL, { spec, asking, progress }: Sending): Promise<HttpAnswer> {
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const began = performance.now();
  const sent = request(url, optionsOf(spec, asking));
  sent.once('socket', (socket) => follow(socket, progress));
  sent.end(spec.body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  sent.on('error', () => response.destroy()); // What comes after the head shows in the body.
  const body = await readBody(response, asking.signal);
  return {
    ...body,
    status: response.statusCode ?? 0,
    headers: response.headers,
    ms: performance.now() - began,
  };
}

const plainExchange = (url: URL, { spec, asking, progress }: Sending): Promise<HttpAnswer> =>
  askPlainly({
    url,
    headers: headersOf(spec),
    signal: asking.signal,
    longestBody,
    connect: connectOptions(progress, asking.at.localAddress),
    onSocket: (socket) => follow(socket, progress),
  });

function follow(socket: net.Socket, progress: Mutable<Progress>): void {
  socket.on('lookup', (error) => {
    progress.resolved = !error;
  });
  socket.once('connect', () => {
    progress.connected = true;
  });
}

function optionsOf(spec: SpecOf<'http'>, { at, signal }: Asking): RequestOptions {
  const { localAddress } = at;
  return {
    method: spec.method,
    agent: false,
    signal,
    headers: headersOf(spec),
    ...(localAddress === undefined ? {} : { localAddress, family: net.isIP(localAddress) }),
  };
}

/** Reads at most the longest body; `broken` when it ended before it was complete (RFC 9112, section 8). */
async function readBody(
  response: IncomingMessage,
  signal: AbortSignal,
): Promise<Pick<HttpAnswer, 'body' | 'ended'>> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > longestBody) break;
    }
  } catch (error) {
    if (signal.aborted) throw error;
  }
  const ended = length > longestBody ? 'cut' : response.complete ? 'whole' : 'broken';
  return { body: Buffer.concat(chunks).toString('utf8'), ended };
}

function headersOf({ headers, body }: SpecOf<'http'>): Record<string, string> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return { 'user-agent': 'gonogo', accept: '*/*', 'accept-encoding': 'identity', ...headers, ...length };
}

/** llhttp's errors begin with HPE_; our own reader's are of syntax. */
function protocolFailure(error: unknown): Answer | undefined {
  const code = String((error as { code?: unknown }).code);
  if (!code.startsWith('HPE_') && !(error instanceof SyntaxError)) return undefined;
  return fail(
    'protocol',
    'what answers does not speak HTTP',
    'is the port right? HTTPS needs an https:// URL',
  );
}
