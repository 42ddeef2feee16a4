import { readFile } from 'node:fs/promises';
import net from 'node:net';
import type { Client, ClientConfig } from 'pg';
import type { Values } from '../domain/revision.ts';
import { lookUp } from '../domain/template.ts';
import { type Answer, type Asking, fail, type Kind, pass } from './kind.ts';
import { noAnswer, type Progress } from './network.ts';
import { cancelQuery } from './postgres-cancel.ts';
import { databaseFailure } from './postgres-failure.ts';
import { connectOptions } from './tcp.ts';
import { excerpt } from './words.ts';

/** Logs in and runs a query, on a connection of its own that is gone when the answer is there. */
export const postgres: Kind<'postgres'> = async (spec, asking) => {
  if (!/^postgres(ql)?:\/\//i.test(spec.url) || !URL.canParse(spec.url)) {
    return fail('usage', 'this is not a postgres:// URL', 'write postgres://user@host/database');
  }
  const { default: pg } = await import('pg');
  const dialled = dial(new URL(spec.url), asking);
  const client = new pg.Client(await configOf(new URL(spec.url), dialled, asking.at.values));
  const release = (): void => void dialled.socket.destroy();
  asking.signal.addEventListener('abort', release, { once: true });
  try {
    return await ask(client, spec.query);
  } catch (error) {
    if (!asking.signal.aborted) return databaseFailure(error, dialled);
    await cancelQuery(client, dialled);
    return noAnswer(dialled.progress);
  } finally {
    asking.signal.removeEventListener('abort', release);
    release();
  }
};

async function ask(client: Client, query: string): Promise<Answer> {
  // What breaks the connection rejects what is waited for as well; this only keeps it from ending the process.
  client.on('error', () => undefined);
  const began = performance.now();
  await client.connect();
  await client.query(query);
  const ms = performance.now() - began;
  await client.end();
  return { ...pass(`logged in and ran ${excerpt(query, 60)}`), ms };
}

/** A connection to be, and how far it came. */
export type Dialled = {
  readonly socket: net.Socket;
  readonly progress: Progress;
  /** The source address, once there is a connection. */
  source?: string | undefined;
};

/** A socket that pg connects, but from the address that was asked for. */
function dial(url: URL, { at, timeout }: Asking): Dialled {
  const { host, port } = placeOf(url);
  const progress = {
    host,
    port,
    timeout,
    resolved: net.isIP(host) !== 0 || host.startsWith('/'),
    connected: false,
  };
  const socket = new net.Socket();
  const connect = socket.connect.bind(socket) as (to: net.NetConnectOpts) => net.Socket;
  Object.assign(socket, {
    connect: (portOrPath: number | string, name?: string) =>
      name === undefined
        ? connect({ path: String(portOrPath) })
        : connect(connectOptions({ host: name, port: Number(portOrPath) }, at.localAddress)),
  });
  socket.on('lookup', (error) => {
    progress.resolved = !error;
  });
  const dialled: Dialled = { socket, progress };
  socket.once('connect', () => {
    progress.connected = true;
    dialled.source = socket.localAddress;
  });
  return dialled;
}

/** `?host=/folder` is how a URL names a unix socket (libpq, Connection URIs). */
const placeOf = (url: URL): { host: string; port: number } => ({
  host: url.searchParams.get('host') ?? decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ''),
  port: Number(url.port || url.searchParams.get('port')) || 5432,
});

/**
 * Everything said outright, because pg would take what is left open from gonogo's own environment and home folder,
 * and so find a password that the service does not have.
 */
async function configOf(url: URL, { socket }: Dialled, values: Values): Promise<ClientConfig> {
  const user = decodeURIComponent(url.username) || lookUp(values, 'PGUSER');
  const password = decodeURIComponent(url.password) || lookUp(values, 'PGPASSWORD');
  const database = decodeURIComponent(url.pathname.slice(1)) || lookUp(values, 'PGDATABASE') || user;
  return {
    ...placeOf(url),
    ...(user ? { user } : {}),
    ...(database ? { database } : {}),
    password: password || askedForPassword,
    ssl: await tlsOf(url, values),
    stream: () => socket,
    application_name: 'gonogo',
  };
}

function askedForPassword(): never {
  throw Object.assign(new Error('the server asks for a password, and the URL has none'), { code: '28P01' });
}

/** libpq's words (SSL Support, table of sslmode); without one: no TLS. */
async function tlsOf(url: URL, values: Values): Promise<ClientConfig['ssl']> {
  const mode = url.searchParams.get('sslmode') ?? lookUp(values, 'PGSSLMODE') ?? 'disable';
  const root = url.searchParams.get('sslrootcert') ?? lookUp(values, 'PGSSLROOTCERT');
  const ca = root && root !== 'system' ? { ca: await readFile(root, 'utf8') } : {};
  if (mode === 'disable') return false;
  if (mode === 'verify-full') return { ...ca, rejectUnauthorized: true };
  if (mode === 'verify-ca') return { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  return { rejectUnauthorized: false };
}
