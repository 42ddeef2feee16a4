import { type ClientRequest, type IncomingMessage, request as open } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Claim } from './claim.ts';
import type { Destination } from './destination.ts';
import { answerHeaders, requestHeaders } from './headers.ts';
import { limits } from './limits.ts';
import { malformed, noAnswer, type Refusal, refusalBytes, tooLate } from './refuse.ts';

export type Upgrading = {
  readonly claim: Claim;
  readonly destination: Destination;
  readonly client: Socket;
  /** What the client sent after its request already. */
  readonly head: Buffer;
  /** As in `ExchangeOptions`. */
  readonly confirmed: boolean;
};

/** Asks the instance to switch to WebSocket; after its 101 the bytes go through untouched, both ways. */
export function upgrade(request: IncomingMessage, options: Upgrading): void {
  const { claim, client } = options;
  const extra = claim.marks(options.confirmed);
  const outcome = { failed: true, counted: !options.confirmed };
  client.on('error', ignore);
  client.once('close', () => claim.release(outcome));
  const upstream = ask(request, options);
  if (!upstream) {
    refuseUpgrade(client, malformed);
    return;
  }
  let reason = noAnswer;
  const timer = setTimeout(() => {
    reason = tooLate;
    upstream.destroy();
  }, limits.answer);
  client.once('close', () => {
    clearTimeout(timer);
    upstream.destroy();
  });
  upstream.once('error', () => {
    clearTimeout(timer);
    if (outcome.failed) refuseUpgrade(client, reason);
  });
  upstream.once('upgrade', (answer: IncomingMessage, socket: Duplex, head: Buffer) => {
    clearTimeout(timer);
    claim.answered(answer.statusCode);
    outcome.failed = false;
    client.write(headBytes(answer, ['Connection', 'Upgrade', 'Upgrade', 'websocket', ...extra]));
    tunnel({ client, upstream: socket as Socket, early: { client: options.head, upstream: head } });
  });
  upstream.once('response', (answer) => {
    clearTimeout(timer);
    claim.answered(answer.statusCode);
    outcome.failed = (answer.statusCode ?? 0) >= 500;
    relayRefusal(answer, client, extra);
  });
  upstream.end();
}

function ask(request: IncomingMessage, { claim, destination }: Upgrading): ClientRequest | undefined {
  try {
    return open({
      host: claim.upstream.member.host,
      port: claim.upstream.member.port,
      agent: false,
      method: 'GET',
      path: destination.path,
      headers: requestHeaders(request, { host: destination.host, upgrade: true }),
      setHost: false,
    });
  } catch {
    return undefined; // A path or a header that may not be sent; nothing was.
  }
}

/** The instance answered as usual instead of switching: its answer goes out, and the connection with it. */
function relayRefusal(answer: IncomingMessage, client: Socket, extra: readonly string[]): void {
  client.write(headBytes(answer, ['Connection', 'close', ...extra]));
  answer.on('error', ignore);
  answer.on('close', () => {
    if (!answer.complete) client.resetAndDestroy();
    else client.destroySoon();
  });
  answer.pipe(client, { end: false });
}

/** Joins two connections; when one closes the other is closed after what was written to it is out. */
function tunnel({ client, upstream, early }: Tunnel): void {
  upstream.on('error', ignore);
  for (const socket of [client, upstream]) {
    socket.setTimeout(0);
    socket.setNoDelay(true);
  }
  if (early.client.length > 0) upstream.write(early.client);
  if (early.upstream.length > 0) client.write(early.upstream);
  client.pipe(upstream);
  upstream.pipe(client);
  client.once('close', () => finish(upstream));
  upstream.once('close', () => finish(client));
}

type Tunnel = { client: Socket; upstream: Socket; early: { client: Buffer; upstream: Buffer } };

function finish(socket: Socket): void {
  socket.destroySoon();
  setTimeout(() => socket.destroy(), limits.tunnelLinger).unref();
}

function headBytes(answer: IncomingMessage, extra: readonly string[]): Buffer {
  const headers = [...answerHeaders(answer.rawHeaders), ...extra];
  const lines = [`HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}`];
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function refuseUpgrade(client: Socket, refusal: Refusal): void {
  if (!client.destroyed) client.end(refusalBytes(refusal));
}

/** `close` follows, and that is what we act on. */
function ignore(): void {
  return;
}
