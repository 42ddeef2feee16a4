import net from 'node:net';
import type { Client } from 'pg';
import type { Dialled } from './postgres.ts';

/** How long the server may take to hear it, in milliseconds. */
const patience = 1000;

/**
 * Asks the server to stop what a client runs: a query whose client is gone would hold its connection to the end.
 * Sent on a connection of its own, answered by nothing (PostgreSQL, Message Flow, Canceling Requests in Progress).
 */
export function cancelQuery(client: Client, { progress: { host, port } }: Dialled): Promise<void> {
  const { processID, secretKey } = client as unknown as Readonly<Record<string, number | null | undefined>>;
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return Promise.resolve();
  const request = Buffer.alloc(16);
  for (const [index, value] of [16, 80877102, processID, secretKey].entries())
    request.writeInt32BE(value, index * 4);
  const socket = net.connect(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  socket.setTimeout(patience, () => socket.destroy());
  socket.on('error', () => socket.destroy()); // It was an attempt to be polite; the verdict stands without it.
  socket.end(request);
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
