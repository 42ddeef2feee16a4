import type { IncomingMessage, ServerResponse } from 'node:http';
import net from 'node:net';

/** An HTTP or HTTPS server of Node. */
export type Server = net.Server & {
  closeAllConnections(): void;
  closeIdleConnections(): void;
  prependListener(event: 'request', listener: (req: IncomingMessage, res: ServerResponse) => void): unknown;
};

export type ShutdownOptions = {
  /** Milliseconds to keep serving after `/readyz` turned red: the prober's period × failures + timeout. Default 5000. */
  readonly delay?: number;
  /** Milliseconds for all of it, after which open connections are cut. Default 18000. */
  readonly deadline?: number;
};

/** How many connections were still open at the deadline, and cut. */
export type ShutdownResult = { readonly cut: number };

/** How long a connection may be idle, once nobody is accepted any more, before it is closed. */
const idleMillis = 500;

/** Keeps serving for the delay, stops accepting, lets what is in flight end, and cuts the rest at the deadline. */
export async function drain(
  server: Server,
  { delay = 5000, deadline = 18_000 }: ShutdownOptions,
): Promise<ShutdownResult> {
  if (!(delay >= 0 && deadline > delay)) throw new RangeError('shutdown needs 0 ≤ delay < deadline');
  // Clients open their next request on a new connection, which the router sends elsewhere.
  server.prependListener('request', (_, res) => res.setHeader('connection', 'close'));
  await new Promise((resolve) => setTimeout(resolve, delay));
  if (!server.listening) return { cut: 0 };
  const { promise, resolve } = Promise.withResolvers<'closed' | 'late'>();
  const late = setTimeout(() => resolve('late'), deadline - delay);
  const idle = setInterval(() => server.closeIdleConnections(), idleMillis);
  // The listening handle alone: `http.Server.close` would kill idle sockets at once, and requests that are on their way.
  net.Server.prototype.close.call(server, () => resolve('closed'));
  const how = await promise;
  clearTimeout(late);
  clearInterval(idle);
  return { cut: how === 'closed' ? 0 : await cutConnections(server) };
}

async function cutConnections(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  server.getConnections((error, count) => resolve(error ? 0 : count));
  const cut = await promise;
  server.closeAllConnections();
  return cut;
}
