import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { needs } from '../../../../test/require.ts';
import type { Values } from '../domain/revision.ts';
import type { Answer } from './kind.ts';
import { postgres } from './postgres.ts';

const skip = needs('postgres');
const server = process.env.GONOGO_PG_URL ?? '';

type Options = {
  readonly query?: string;
  readonly timeout?: number;
  readonly localAddress?: string;
  readonly values?: Values;
};

function ask(
  url: string,
  { query = 'SELECT 1', timeout = 20_000, values = {}, ...source }: Options = {},
): Promise<Answer> {
  const at = { from: 'this machine', values, cwd: '/', ...source };
  const spec = {
    name: 'it',
    kind: 'postgres',
    url,
    query,
    timeout,
    retry: { times: 0, delay: 0 },
    tags: [],
  } as const;
  return postgres(spec, { at, timeout, signal: AbortSignal.timeout(timeout), redact: String });
}

/** The server's URL with something of it changed. */
function changed(change: (url: URL) => void): string {
  const url = new URL(server);
  change(url);
  return url.href;
}

test('a login and a query pass', { skip }, async () => {
  const answer = await ask(server);
  assert.equal(answer.verdict, 'pass', answer.saw);
  assert.equal(answer.saw, 'logged in and ran SELECT 1');
});

test('a wrong password, a missing one and a database that is not there are told apart', {
  skip,
}, async () => {
  const wrong = await ask(
    changed((url) => {
      url.password = 'wrong';
    }),
  );
  const missing = await ask(
    changed((url) => {
      url.password = '';
    }),
  );
  const database = await ask(
    changed((url) => {
      url.pathname = '/no_such_database';
    }),
  );
  assert.deepEqual([wrong.failure, missing.failure, database.failure], ['auth', 'auth', 'database']);
  assert.match(wrong.hint ?? '', /does not take this user’s password/);
  assert.match(missing.saw, /the URL has none/);
  assert.match(database.saw, /"no_such_database" does not exist/);
});

test('a password in our own environment is not the service’s password, one in its environment is', {
  skip,
}, async (t) => {
  const { password } = new URL(server);
  process.env.PGPASSWORD = password;
  t.after(() => delete process.env.PGPASSWORD);
  const url = changed((bare) => {
    bare.password = '';
  });
  assert.equal((await ask(url)).failure, 'auth');
  assert.equal((await ask(url, { values: { PGPASSWORD: password } })).verdict, 'pass');
});

test('a server that does not admit the source address says which', { skip }, async (t) => {
  const answer = await ask(server, { localAddress: '127.0.0.7' });
  if (answer.verdict === 'pass') return t.diagnostic('this server admits every loopback address');
  assert.equal(answer.failure, 'auth');
  assert.match(answer.hint ?? '', /does not admit 127\.0\.0\.7: its pg_hba\.conf/);
});

test('a query that fails, and TLS that the server does not speak', { skip }, async () => {
  assert.equal((await ask(server, { query: 'SELEC 1' })).failure, 'query');
  const tls = await ask(changed((url) => url.searchParams.set('sslmode', 'require')));
  assert.ok(tls.verdict === 'pass' || tls.failure === 'tls', tls.saw);
});

test('at the deadline the query is ended on the server, and the connection is free', { skip }, async () => {
  const mark = `gonogo-test-${process.pid}-${Date.now()}`;
  const answer = await ask(server, { query: `SELECT pg_sleep(300) /* ${mark} */`, timeout: 1500 });
  assert.equal(answer.failure, 'timeout');
  const client = new pg.Client(server);
  await client.connect();
  const count = async (): Promise<number> => {
    const { rows } = await client.query(
      'SELECT 1 FROM pg_stat_activity WHERE query LIKE $1 AND pid <> pg_backend_pid()',
      [`%${mark}%`],
    );
    return rows.length;
  };
  for (let tries = 0; (await count()) > 0 && tries < 200; tries++) await sleep(50);
  assert.equal(await count(), 0);
  await client.end();
});

async function serve(t: TestContext, onConnection: (socket: net.Socket) => void): Promise<string> {
  const sockets = new Set<net.Socket>();
  const listening = net.createServer((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()));
    onConnection(socket);
  });
  await once(listening.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  return `postgres://me:secret@127.0.0.1:${(listening.address() as AddressInfo).port}/shop`;
}

test('a front that closes at once names the address that is not admitted', async (t) => {
  const url = await serve(t, (socket) => socket.end());
  const answer = await ask(url, { localAddress: '127.0.0.8' });
  assert.equal(answer.failure, 'closed', answer.saw);
  assert.match(answer.hint ?? '', /does not admit 127\.0\.0\.8/);
});

test('a server that says nothing is overloaded or stuck, and its connection is let go', async (t) => {
  const closed = Promise.withResolvers<void>();
  const url = await serve(t, (socket) => socket.on('close', () => closed.resolve()).resume());
  const answer = await ask(url, { timeout: 300 });
  assert.equal(answer.failure, 'timeout');
  assert.match(answer.hint ?? '', /accepts connections but does not answer/);
  await closed.promise;
});

test('nobody listening, and a URL that is none', async () => {
  assert.equal((await ask('postgres://me:secret@127.0.0.1:1/x')).failure, 'refused');
  assert.equal((await ask('mysql://h/x')).failure, 'usage');
  assert.equal((await ask('postgres://h:port/x')).failure, 'usage');
});
