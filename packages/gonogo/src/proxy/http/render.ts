import type { RequestHead } from './request-head.ts';
import type { ResponseHead } from './response-head.ts';

/** Without a length these would be taken to carry a body (RFC 9110 §8.6). */
const usuallyBodied = new Set(['POST', 'PUT', 'PATCH']);

export type RequestExtras = {
  readonly host: string;
  /** Lines that say where the request comes from. */
  readonly forwarded: string;
  readonly id: string;
  /** The protocols it may switch to, or nothing. */
  readonly offered: string;
};

/** The head an instance receives, with framing of our own. */
export function requestText(head: RequestHead, { host, forwarded, id, offered }: RequestExtras): string {
  return `${head.method} ${head.target} HTTP/1.1\r\nHost: ${host}\r\n${head.kept}${requestFraming(head, offered)}${forwarded}X-Request-Id: ${id}\r\n\r\n`;
}

function requestFraming(head: RequestHead, offered: string): string {
  let lines = '';
  if (head.chunked) lines = 'Transfer-Encoding: chunked\r\n';
  else if (head.length >= 0) lines = `Content-Length: ${head.length}\r\n`;
  else if (usuallyBodied.has(head.method)) lines = 'Content-Length: 0\r\n';
  if (head.expects) lines += 'Expect: 100-continue\r\n';
  if (offered !== '') lines += `Connection: Upgrade\r\nUpgrade: ${offered}\r\n`;
  // Whoever sends it names it in Connection (RFC 9110 §10.1.4).
  else if (head.trailers) lines += 'Connection: TE\r\nTE: trailers\r\n';
  return lines;
}

/** How content goes out to a client; `described`: it does not, and the head says that it would be chunked. */
export type Encoding = 'none' | 'described' | 'plain' | 'chunked' | 'until-close';

export function encodingFor(method: string, minor: 0 | 1, head: ResponseHead): Encoding {
  if (method === 'HEAD' || head.status === 204 || head.status === 304)
    return head.chunked && head.status === 200 && minor === 1 ? 'described' : 'none';
  if (head.length >= 0) return 'plain';
  return minor === 1 ? 'chunked' : 'until-close';
}

export type ResponseExtras = {
  readonly encoding: Encoding;
  /** Whether the client is told that its connection closes, or, with HTTP/1.0, that it does not. */
  readonly connection: '' | 'close' | 'keep-alive';
  /** Fields of our own, names and values in turn. */
  readonly marks: readonly string[];
};

/** The head a client receives, with framing of our own. */
export function responseText(head: ResponseHead, { encoding, connection, marks }: ResponseExtras): string {
  let lines = head.kept;
  if (encoding === 'chunked' || encoding === 'described') lines += 'Transfer-Encoding: chunked\r\n';
  else if (head.length >= 0 && head.status !== 204) lines += `Content-Length: ${head.length}\r\n`;
  if (connection !== '') lines += `Connection: ${connection}\r\n`;
  for (let i = 0; i + 1 < marks.length; i += 2) lines += `${marks[i]}: ${marks[i + 1]}\r\n`;
  return `${lines}\r\n`;
}

/** The head that makes a client's connection a tunnel. */
export const switchText = (head: ResponseHead, marks: readonly string[]): string =>
  responseText(
    { ...head, kept: `${head.kept}Connection: Upgrade\r\nUpgrade: ${head.upgrade}\r\n`, length: -1 },
    { encoding: 'plain', connection: '', marks },
  );
