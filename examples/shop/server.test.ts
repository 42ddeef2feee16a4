import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { startDatabase } from '../../packages/gonogo/src/cli/demo/database.ts';
import { needs } from '../../test/require.ts';

type Shop = { readonly child: ChildProcess; readonly base: string; readonly output: string[] };

type Answer = { readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> };

/** Starts the shop on a free port with these variables and nothing else, and waits until it says where it listens. */
async function startShop(t: TestContext, env: Record<string, string> = {}): Promise<Shop> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server.js')], {
    env: { PORT: '0', STOP_DELAY_MS: '50', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null)
      child.kill('SIGKILL') && (await once(child, 'exit'));
  });
  const output: string[] = [];
  const base = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      output.push(line);
      const address = / listens on (\S+)$/.exec(line)?.[1];
      if (address) resolve(`http://${address}`);
    });
    child.once('exit', (code) => reject(new Error(`the shop ended with ${code}: ${output.join('\n')}`)));
  });
  return { child, base, output };
}

async function get(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : { text } };
}

const post = (shop: Shop, body: string): Promise<Answer> =>
  get(`${shop.base}/api/v1/orders`, { method: 'POST', body });

/** Asks until the answer is as wanted; the test's own deadline ends it. */
async function until(url: string, status: number): Promise<Answer> {
  for (;;) {
    const answer = await get(url);
    if (answer.status === status) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function takesOrders(shop: Shop, database: string): Promise<void> {
  await until(`${shop.base}/readyz`, 200);
  const check = await get(`${shop.base}/api/v1/db-check`);
  assert.deepEqual([check.status, check.body.status, check.body.database], [200, 'ok', database]);
  const first = await post(shop, '{"item":"tea","quantity":2}');
  const second = await post(shop, '{"item":"milk","quantity":1}');
  assert.deepEqual([first.status, second.status], [201, 201]);
  const { body } = await get(`${shop.base}/api/v1/orders`);
  assert.deepEqual(body.orders, [second.body.order, first.body.order]);
}

test('without a database the shop takes orders in memory', async (t) => {
  await takesOrders(await startShop(t), 'memory');
});

test('with a line database it takes orders there, and calls it from its own address', async (t) => {
  const database = await startDatabase(['127.0.0.2']);
  t.after(() => database.close());
  await takesOrders(await startShop(t, { DATABASE_URL: database.url, HOST: '127.0.0.2' }), 'tcp');
});

test('with PostgreSQL it takes orders there', { skip: needs('postgres') }, async (t) => {
  const url = new URL(process.env.GONOGO_PG_URL ?? '');
  const { default: pg } = await import('pg');
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  const name = `shop_${process.pid}_${Date.now()}`;
  await admin.query(`CREATE DATABASE ${name}`);
  try {
    url.pathname = `/${name}`;
    // Two at once: both may find that the table is not there yet.
    const shops = await Promise.all([1, 2].map(() => startShop(t, { DATABASE_URL: url.href })));
    for (const shop of shops) await until(`${shop.base}/readyz`, 200);
    const [first, second] = shops as [Shop, Shop];
    await takesOrders(first, 'postgres');
    const { body } = await get(`${second.base}/api/v1/orders`);
    assert.equal((body.orders as unknown[]).length, 2);
    for (const { child } of shops) child.kill('SIGTERM') && (await once(child, 'exit'));
  } finally {
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  }
});

test('a database that turns it away makes it unready, not dead, and strangers are not told why', async (t) => {
  const database = await startDatabase(['127.0.0.2']);
  t.after(() => database.close());
  const shop = await startShop(t, { DATABASE_URL: database.url, HOST: '127.0.0.3' });
  assert.equal((await until(`${shop.base}/readyz`, 503)).body.database, false);
  assert.equal((await get(`${shop.base}/healthz`)).status, 200);
  assert.equal((await get(`${shop.base}/startupz`)).status, 503);
  assert.equal((await get(`${shop.base}/api/v1/db-check`)).status, 503);
  const answer = await post(shop, '{"item":"tea","quantity":2}');
  assert.deepEqual([answer.status, answer.body.error], [500, 'internal error']);
});

test('every JSON answer, an error too, says which version and release gave it', async (t) => {
  const shop = await startShop(t, { GONOGO_RELEASE: 'shop@9f3c2a1' });
  await until(`${shop.base}/readyz`, 200);
  const paths = ['/healthz', '/readyz', '/startupz', '/api/v1/status', '/api/v1/orders', '/nothing-here'];
  const answers = await Promise.all(paths.map((path) => get(`${shop.base}${path}`)));
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.version, body.releaseId]),
    [200, 200, 200, 200, 200, 404].map((status) => [status, '1.0.0', 'shop@9f3c2a1']),
  );
  const page = await get(`${shop.base}/`);
  assert.match(String(page.body.text), /version 1\.0\.0, release shop@9f3c2a1/);
});

test('what is not an order is refused with a reason', async (t) => {
  const shop = await startShop(t);
  const bodies = [
    '',
    'tea',
    'null',
    '{"item":"tea"}',
    '{"item":"","quantity":1}',
    '{"item":"tea","quantity":0.5}',
  ];
  for (const body of bodies) {
    const answer = await post(shop, body);
    assert.equal(answer.status, 400, body);
    assert.match(String(answer.body.error), /JSON|item|quantity/);
  }
  assert.equal((await post(shop, JSON.stringify({ item: 'x'.repeat(70_000), quantity: 1 }))).status, 413);
  assert.equal((await get(`${shop.base}/api/v1/orders`, { method: 'DELETE' })).status, 405);
});

test('a stop finishes what is in flight, says that each answer is the last one, and ends with 0', async (t) => {
  const shop = await startShop(t, { STOP_DELAY_MS: '3000' });
  await until(`${shop.base}/readyz`, 200);
  const agent = new http.Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  // An order whose second half comes only after the shop was told to stop.
  const request = http.request(`${shop.base}/api/v1/orders`, { method: 'POST', agent });
  request.write('{"item":"tea",');
  await until(`${shop.base}/readyz`, 200);
  const ended = once(shop.child, 'exit');
  shop.child.kill('SIGTERM');
  const notReady = await until(`${shop.base}/readyz`, 503);
  assert.equal(notReady.headers.get('connection'), 'close');
  assert.equal((await get(`${shop.base}/healthz`)).status, 200);
  request.end('"quantity":1}');
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  assert.equal(response.statusCode, 201);
  assert.equal(response.headers.connection, 'close');
  assert.deepEqual(await ended, [0, null]);
  assert.ok(shop.output.some((line) => line.endsWith('info stopped')));
});

test('a port in use ends it with a sentence that names the port', async (t) => {
  const shop = await startShop(t);
  const { port } = new URL(shop.base);
  await assert.rejects(startShop(t, { PORT: port }), new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}`));
});
