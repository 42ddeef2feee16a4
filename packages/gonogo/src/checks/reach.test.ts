// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { contractSpecs, reachSpecs } from './reach.ts';
import { checkRunner } from './run.ts';

test('what is asked is decided by the scheme, of a variable by the scheme of its value', () => {
  const reach = [
    'postgres://db/x',
    '${DB}',
    '${CACHE}',
    'tcp://h:1',
    'https://a.example',
    'http://${HOST}/x',
    '${NONE}',
  ];
  const specs = reachSpecs(
    { reach },
    { DB: 'postgresql://u:hunter2@h/d', CACHE: 'redis://:hunter2@h', HOST: 'h' },
  );
  assert.deepEqual(
    specs.map(({ kind }) => kind),
    ['postgres', 'postgres', 'tcp', 'tcp', 'http', 'http', 'tcp'],
  );
  assert.deepEqual(
    specs.map(({ name }) => name),
    reach.map((entry) => `reach ${entry}`),
  );
  assert.doesNotMatch(JSON.stringify(specs), /hunter2/);
});

test('a variable without a value is missing, not unreachable', async () => {
  const at = { from: 'green', values: {}, cwd: '/' };
  const options = { secrets: [], signal: new AbortController().signal };
  const [result] = await checkRunner().run(reachSpecs({ reach: ['${DATABASE_URL}'] }), at, options);
  assert.deepEqual(
    [result?.verdict, result?.failure, result?.saw],
    ['fail', 'missing', 'DATABASE_URL is not set'],
  );
});

test('over HTTP any answer below 500 was an answer', async (t) => {
  const server = createServer((request, response) => response.writeHead(Number(request.url?.slice(1))).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const reach = [200, 301, 401, 404, 500, 503].map((status) => `${base}/${status}`);
  const options = { secrets: [], signal: new AbortController().signal };
  const results = await checkRunner().run(
    reachSpecs({ reach }),
    { from: 'green', values: {}, cwd: '/' },
    options,
  );
  assert.deepEqual(
    results.map(({ verdict }) => verdict),
    ['pass', 'pass', 'pass', 'pass', 'fail', 'fail'],
  );
});

test('every declared variable is one check', () => {
  const rule = { secret: true, required: true };
  const [spec, ...more] = contractSpecs({ env: { A: rule } });
  assert.deepEqual([spec?.name, spec?.kind, more.length], ['env A', 'env', 0]);
});
