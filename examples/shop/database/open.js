import { openLines } from './lines.js';
import { openMemory } from './memory.js';
import { openPostgres } from './postgres.js';

/**
 * The database that a URL names. All three have the same five names: kind, ping, addOrder, newestOrders, close.
 * Nothing is connected yet: the first question does that, so that the shop starts even while the database is away.
 */
export function openDatabase({ databaseUrl, host }) {
  if (!databaseUrl) return openMemory();
  const { protocol } = new URL(databaseUrl);
  if (protocol === 'postgres:' || protocol === 'postgresql:') return openPostgres(databaseUrl);
  if (protocol === 'tcp:') return openLines(databaseUrl, { dialFrom: ownAddress(host) });
  throw new Error(`DATABASE_URL begins with ${protocol}//; the shop knows postgres:// and tcp://`);
}

/**
 * An instance with an address of its own calls out from it, so that a firewall that admits by address knows it.
 * The usual 127.0.0.1 and "any address" leave the choice to the system.
 */
export const ownAddress = (host) =>
  ['127.0.0.1', '0.0.0.0', '::', 'localhost'].includes(host) ? undefined : host;
