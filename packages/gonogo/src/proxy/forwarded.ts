import { isIPv6, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { RequestHead } from './http/request-head.ts';

type Peer = {
  readonly address: string;
  readonly proto: 'http' | 'https';
  /** A proxy of ours stands there, and its word about the client is passed on. */
  readonly trusted: boolean;
};

/** Where the requests of one connection come from; most of them say the same. */
export class Origin {
  readonly #peer: Peer;
  #host: string | undefined;
  #lines = '';

  static of(socket: Socket, trusted: boolean): Origin {
    const proto = socket instanceof TLSSocket ? 'https' : 'http';
    return new Origin({ address: plainAddress(socket.remoteAddress ?? 'unknown'), proto, trusted });
  }

  private constructor(peer: Peer) {
    this.#peer = peer;
  }

  lines(host: string, given: RequestHead['given']): string {
    if (this.#peer.trusted && given) return forwardedLines(this.#peer, host, given);
    if (this.#host !== host) {
      this.#host = host;
      this.#lines = forwardedLines(this.#peer, host, undefined);
    }
    return this.#lines;
  }
}

/** An IPv4 address as it is written, also where the socket is one for both kinds. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

/** The lines that tell an instance where a request came from: X-Forwarded-… and Forwarded (RFC 7239). */
function forwardedLines(peer: Peer, host: string, given: RequestHead['given']): string {
  const told = peer.trusted ? given : undefined;
  const proto = told?.get('x-forwarded-proto') ?? peer.proto;
  const named = told?.get('x-forwarded-host') ?? host;
  const chain = joined(told?.get('x-forwarded-for'), peer.address);
  const node = `for=${quoted(isIPv6(peer.address) ? `[${peer.address}]` : peer.address)};host=${quoted(host)};proto=${peer.proto}`;
  const list = joined(told?.get('forwarded'), node);
  return `X-Forwarded-For: ${chain}\r\nX-Forwarded-Proto: ${proto}\r\nX-Forwarded-Host: ${named}\r\nForwarded: ${list}\r\n`;
}

const joined = (before: string | undefined, last: string): string =>
  before === undefined || before === '' ? last : `${before}, ${last}`;

/** A token as it is, all else as a quoted string (RFC 9110 §5.6.4). */
const quoted = (text: string): string =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
