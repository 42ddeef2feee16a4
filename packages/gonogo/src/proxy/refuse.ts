import type { IncomingMessage, ServerResponse } from 'node:http';
import { countOf } from './headers.ts';

/** An answer of the proxy's own. */
export type Refusal = { readonly status: number; readonly says: string };

export const nobodyServes: Refusal = { status: 503, says: 'no instance is serving' };
/** For an outer balancer's health question while requests are held: the host is well, and must not be taken out. */
export const paused: Refusal = { status: 200, says: 'requests are held for a moment' };
export const noAnswer: Refusal = { status: 502, says: 'the instance gave no valid answer' };
export const tooLate: Refusal = { status: 504, says: 'the instance did not answer in time' };
export const malformed: Refusal = { status: 400, says: 'the request is malformed' };

/** Why a request is not forwarded: what the parser lets through and a proxy must not (RFC 9112 §3.2 and §6.1, RFC 9110 §9.3). */
export function refusalOf(request: IncomingMessage): Refusal | undefined {
  if (request.httpVersionMajor !== 1 || request.httpVersionMinor > 1) {
    return { status: 505, says: 'only HTTP/1.0 and HTTP/1.1 are spoken here' };
  }
  if (request.method === 'TRACE' || request.method === 'CONNECT') {
    return { status: 501, says: `${request.method} is not supported` };
  }
  const coding = request.headers['transfer-encoding'];
  if (coding !== undefined && request.httpVersionMinor === 0) return malformed;
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return { status: 501, says: `Transfer-Encoding: chunked is the only one supported` };
  }
  const { host = '' } = request.headers;
  return countOf(request.rawHeaders, 'host') > 1 || !isAuthority(host) ? malformed : undefined;
}

/** A name or an address, and perhaps a port, without user information (RFC 9110 §7.2, RFC 3986 §3.2). */
const isAuthority = (host: string): boolean =>
  /^(\[[0-9a-f:.%a-z_-]+\]|[\w.~!$&'()*+,;=%-]*)(:\d*)?$/i.test(host);

/** Answers for the instance, if nothing was answered yet. */
export function refuse(response: ServerResponse, { status, says }: Refusal, close: boolean): void {
  const body = `${says}\n`;
  const headers = [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(body)),
  ];
  headers.push('Cache-Control', 'no-store');
  if (close) headers.push('Connection', 'close');
  response.writeHead(status, headers);
  response.end(body);
}

/** The same as bytes, for a connection that asked to be upgraded. */
export const refusalBytes = ({ status, says }: Refusal): string =>
  `HTTP/1.1 ${status} ${says}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
