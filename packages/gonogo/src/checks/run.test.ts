// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { CheckResult, CheckSpec } from '../domain/check.ts';
import type { CheckRun } from '../ports/checks.ts';
import type { Vantage } from '../ports/vantage.ts';
import { checkRunner } from './run.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const get = (url: string, more: object = {}): CheckSpec =>
  ({
    name: url,
    kind: 'http',
    method: 'GET',
    url,
    headers: {},
    expect: {},
    timeout: 10_000,
    retry: { times: 0, delay: 1 },
    tags: [],
    ...more,
  }) as CheckSpec;

type Options = Partial<Vantage & CheckRun> & { readonly parallel?: number };

function ask(specs: readonly CheckSpec[], options: Options = {}): Promise<CheckResult[]> {
  const at: Vantage = { from: 'this machine', values: {}, cwd: import.meta.dirname, ...options };
  const run = { secrets: [], signal: new AbortController().signal, ...options };
  return checkRunner(options).run(specs, at, run);
}

test('results come in the order of the checks, whichever is answered first, and are told as they come', async (t) => {
  const base = await serve(t, (request, response) => {
    setTimeout(() => response.end('ok'), request.url === '/slow' ? 100 : 0);
  });
  const told: string[] = [];
  const results = await ask([get('/slow'), get('/a'), get('/b')], {
    base,
    onResult: ({ name }) => told.push(name),
  });
  assert.deepEqual(
    results.map(({ name }) => name),
    ['/slow', '/a', '/b'],
  );
  assert.deepEqual(
    results.map(({ verdict }) => verdict),
    ['pass', 'pass', 'pass'],
  );
  assert.equal(told.at(-1), '/slow');
});

test('no more checks are under way than allowed', async (t) => {
  let now = 0;
  let most = 0;
  const base = await serve(t, (_request, response) => {
    most = Math.max(most, ++now);
    setTimeout(() => {
      now--;
      response.end();
    }, 10);
  });
  const results = await ask(
    Array.from({ length: 20 }, (_, i) => get(`/${i}`)),
    { base, parallel: 3 },
  );
  assert.equal(results.filter(({ verdict }) => verdict === 'pass').length, 20);
  assert.equal(most, 3);
});

test('an error of the server is asked again when that is wanted, and the pass is marked flaky', async (t) => {
  let asked = 0;
  const base = await serve(t, (_request, response) => {
    response.statusCode = ++asked < 3 ? 503 : 200;
    response.end();
  });
  const [result] = await ask([get('/', { retry: { times: 5, delay: 1 } })], { base });
  assert.deepEqual([result?.verdict, result?.attempts, result?.flaky], ['pass', 3, true]);
});

test('nothing is asked again by default', async (t) => {
  let asked = 0;
  const base = await serve(t, (_request, response) => {
    asked++;
    response.writeHead(503).end();
  });
  const [result] = await ask([get('/')], { base });
  assert.deepEqual(
    [asked, result?.verdict, result?.attempts, result?.failure],
    [1, 'fail', 1, 'server-error'],
  );
});

test('a stable answer that is wrong is not asked again', async (t) => {
  let asked = 0;
  const base = await serve(t, (_request, response) => {
    asked++;
    response.writeHead(404).end();
  });
  const [result] = await ask([get('/', { retry: { times: 5, delay: 1 } })], { base });
  assert.deepEqual([asked, result?.attempts, result?.failure], [1, 1, 'status']);
});

test('${NAME} is filled in addresses, headers and expectations, and a name without a value fails the check', async (t) => {
  const base = await serve(t, (request, response) =>
    response.end(`${request.url} ${request.headers['x-key']}`),
  );
  const values = { ID: '42', KEY: 'k-${ID}', EMPTY: '' };
  const filled = get('/item/${ID}', {
    headers: { 'x-key': '${KEY}' },
    expect: { body: { equals: '/item/${ID} ${KEY}' } },
  });
  const [good, missing, empty] = await ask([filled, get('/${NOPE}/${NOPE}'), get('/${EMPTY}')], {
    base,
    values,
  });
  assert.equal(good?.verdict, 'pass', good?.saw);
  assert.deepEqual(
    [missing?.verdict, missing?.failure, missing?.saw],
    ['fail', 'missing', 'NOPE is not set'],
  );
  assert.deepEqual([empty?.failure, empty?.saw], ['missing', 'EMPTY is not set']);
});

test('an abort ends what is under way and what has not begun, as unknown', async (t) => {
  const controller = new AbortController();
  const base = await serve(t, () => controller.abort());
  const specs = [get('/a', { timeout: 60_000, retry: { times: 3, delay: 60_000 } }), get('/b')];
  const results = await ask(specs, { base, parallel: 1, signal: controller.signal });
  assert.deepEqual(
    results.map(({ verdict, failure }) => [verdict, failure]),
    [
      ['unknown', 'aborted'],
      ['unknown', 'aborted'],
    ],
  );
});

test('an abort ends the pause before another attempt', async (t) => {
  const controller = new AbortController();
  const base = await serve(t, (_request, response) => {
    response.writeHead(503).end();
    setTimeout(() => controller.abort(), 50);
  });
  const began = performance.now();
  const [result] = await ask([get('/a', { retry: { times: 3, delay: 30_000 } })], {
    base,
    signal: controller.signal,
  });
  assert.equal(result?.verdict, 'unknown');
  assert.ok(performance.now() - began < 20_000);
});

test('each attempt has its own deadline', async (t) => {
  let asked = 0;
  const base = await serve(t, (_request, response) => {
    if (++asked > 1) response.end();
  });
  const [result] = await ask([get('/', { timeout: 300, retry: { times: 1, delay: 1 } })], { base });
  assert.deepEqual([result?.verdict, result?.flaky], ['pass', true], result?.saw);
});

test('secrets reach neither what was seen nor the hint, in whatever form the answer holds them', async (t) => {
  const secret = 'c4n4ry/+"value"';
  const forms = [
    secret,
    Buffer.from(secret).toString('base64'),
    encodeURIComponent(secret),
    JSON.stringify(secret),
  ];
  const base = await serve(t, (request, response) => {
    response.writeHead(500).end(`${'x'.repeat(Number(request.url?.slice(1)))}${forms.join(' ')}`);
  });
  // The excerpt is cut at some point: no length of what comes before may leave half of a secret.
  const specs = Array.from({ length: 170 }, (_, i) => get(`/${i}`));
  for (const { saw } of await ask(specs, { base, secrets: [secret] })) {
    assert.doesNotMatch(saw, /c4n|YzRu|value|%2F/, saw);
  }
});

test('a check that nobody foresaw to fail so is unknown, never a pass', async () => {
  const broken = get('http://127.0.0.1/', { kind: 'nonsense' });
  const [result] = await ask([broken]);
  assert.deepEqual([result?.verdict, result?.failure], ['unknown', 'internal']);
});

test('an answer cannot move the cursor of whoever reads the result', async (t) => {
  const base = await serve(t, (_request, response) =>
    response.writeHead(500).end('\u001b[2J\u009b1mred\r\nnext'),
  );
  const [result] = await ask([get('/')], { base });
  assert.equal(result?.saw, 'answered 500:  [2J 1mred next');
});

test('what is asked from a loopback address asks the world from another', async () => {
  const spec = {
    name: 'x',
    kind: 'tcp',
    address: '192.0.2.1:9',
    timeout: 300,
    retry: { times: 0, delay: 0 },
    tags: [],
  } as const;
  const [result] = await ask([spec], { localAddress: '127.0.0.2' });
  assert.notEqual(result?.failure, 'source', result?.saw);
});
