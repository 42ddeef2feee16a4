import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { gonogo, scene } from './fixture.ts';

/** Answers `/teapot` with 418, `/slow` never, and everything else with 204. */
async function serve(t: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === '/slow') return;
    response.statusCode = request.url === '/teapot' ? 418 : 204;
    response.end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a probe is GO or NO-GO by its exit code, and says why in one line', async (t) => {
  const where = await scene(t);
  const address = await serve(t);
  // A busy machine is no failure.
  const probe = (...args: string[]) => gonogo(where, 'probe', '--timeout', '60000', ...args);
  const good = await probe(`http://${address}/healthz`);
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /^GO {5}http:\/\/\S+\/healthz {2}.*204.*, \d+ ms\n$/);
  assert.equal((await probe(`tcp://${address}`)).code, 0);
  assert.equal((await probe(`http://${address}/teapot`, '--status', '418')).code, 0);

  const bad = await probe(`http://${address}/teapot`);
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /^NO-GO {2}http:\/\/\S+\/teapot {2}.*418/);
  const hung = await gonogo(where, 'probe', `http://${address}/slow`, '--timeout', '200');
  assert.equal(hung.code, 1);
  assert.match(hung.stdout, /no answer in 200 ms/);
  assert.equal((await gonogo(where, 'probe', 'tcp://127.0.0.1:1')).code, 1);
});

test('a probe of what is no address is a usage error', async (t) => {
  const { code, stderr } = await gonogo(await scene(t), 'probe', 'localhost');
  assert.equal(code, 2);
  assert.match(stderr, /http:\/\/…/);
});
