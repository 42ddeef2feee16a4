import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Names and values in turn, as `rawHeaders` has them: order, case and duplicates are kept. */
export type RawHeaders = readonly string[];

/** These speak about one connection, not about the message (RFC 9110 §7.6.1); framing is made anew on each side. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** A client may not nominate these for removal: without them the message would mean something else. */
const essential = new Set(['host', 'content-length', 'content-type', 'authorization', 'cookie']);

/** Without a length these would be taken to carry a body (RFC 9110 §8.6). */
const usuallyBodied = new Set(['POST', 'PUT', 'PATCH']);

const confirmHeader = 'gonogo-confirm';

/** The headers an instance receives: the client's without those of its connection, plus where it came from. */
export function requestHeaders(
  request: IncomingMessage,
  target: { host: string; upgrade: boolean },
): string[] {
  const kept = endToEnd(request.rawHeaders, isOurs);
  const body = bodyHeaders(request);
  const headers = kept.filter((_, i) => !isName(kept, i, 'host') && !isName(kept, i, 'content-length'));
  headers.unshift('Host', target.host);
  headers.push(...body, 'X-Forwarded-For', request.socket.remoteAddress ?? 'unknown');
  headers.push('X-Forwarded-Proto', 'http', 'X-Forwarded-Host', target.host);
  if (/(^|[\s,])trailers([\s,;]|$)/i.test(String(request.headers.te ?? ''))) headers.push('TE', 'trailers');
  if (target.upgrade) headers.push('Connection', 'Upgrade', 'Upgrade', 'websocket');
  return headers;
}

/** The headers a client receives. An instance cannot claim to be another slot. */
export const answerHeaders = (raw: RawHeaders): string[] =>
  endToEnd(raw, (name) => name === 'gonogo-slot' || name === 'gonogo-instance');

/** Trailers of an answer; those that frame or route are not allowed there (RFC 9110 §6.5.1). */
export function trailerPairs(raw: RawHeaders): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const banned = hopByHop.has(name.toLowerCase()) || essential.has(name.toLowerCase());
    if (!banned && name.toLowerCase() !== 'trailer') pairs.push([name, raw[i + 1] ?? '']);
  }
  return pairs;
}

export const hasBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;

/** How often a header occurs. */
export const countOf = (raw: RawHeaders, name: string): number =>
  raw.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length;

/** True when the request carries this proxy's own secret, and so may learn who answered it. */
export function confirms(request: IncomingMessage, secret: string): boolean {
  const given = request.headers[confirmHeader];
  if (typeof given !== 'string' || given.length !== secret.length) return false;
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Only these are tunnelled; h2c, above all, never is. */
export const isWebSocket = (request: IncomingMessage): boolean =>
  request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket';

/** What only a proxy may say: a client's own is dropped, also when written with underscores as CGI would read it. */
function isOurs(name: string): boolean {
  const plain = name.replaceAll('_', '-');
  return (
    plain.startsWith('x-forwarded-') ||
    plain === 'forwarded' ||
    plain === 'x-real-ip' ||
    name === confirmHeader
  );
}

function bodyHeaders(request: IncomingMessage): string[] {
  if (request.headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked'];
  const length = request.headers['content-length'];
  if (length !== undefined) return ['Content-Length', length];
  return usuallyBodied.has(request.method ?? '') ? ['Content-Length', '0'] : [];
}

function endToEnd(raw: RawHeaders, drop: (name: string) => boolean): string[] {
  const nominated = nominatedBy(raw);
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (hopByHop.has(name) || nominated.has(name) || drop(name)) continue;
    kept.push(raw[i] ?? '', raw[i + 1] ?? '');
  }
  return kept;
}

function nominatedBy(raw: RawHeaders): Set<string> {
  const names = new Set<string>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() !== 'connection') continue;
    for (const name of (raw[i + 1] ?? '').split(',')) names.add(name.trim().toLowerCase());
  }
  for (const name of essential) names.delete(name);
  return names;
}

/** True for the name at `i`, and for the value that follows it. */
const isName = (headers: RawHeaders, i: number, name: string): boolean =>
  headers[i - (i % 2)]?.toLowerCase() === name;
