import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { startUpstream } from '../../../../bench/strict-client/upstream.ts';
import { startProxy } from '../../../../test/suites/proxy-process.ts';
import { eventually } from '../../../../test/suites/router-tools.ts';
import { entryPath } from '../system/entries.ts';
import { startStrictClient } from '../system/strict-client.ts';

test('a proxy that is replaced by soft drain loses nothing', async (t) => {
  const [proxy, upstream] = [await startProxy(), await startUpstream('v1')];
  t.after(() => Promise.all([proxy.close(), upstream.close()]));
  await proxy.serve(upstream.port);
  const clients = [
    startStrictClient({ ...proxy.listen, connections: 4, rate: 200, timeout: 20_000 }),
    startStrictClient({ ...proxy.listen, connections: 4, rate: 200, timeout: 20_000, keepAlive: false }),
  ];
  const busy = (than: number) =>
    eventually('there is load', () => clients.every((one) => one.counts().requests > than));
  await busy(30);
  await proxy.ask('retire', { deadline: 20_000 });
  const next = await proxy.next();
  t.after(() => next.close());
  await eventually('the old one has ended', () => proxy.child.exitCode === 0);
  await busy(Math.max(...clients.map((one) => one.counts().requests)) + 30);
  const sums = await Promise.all(clients.map((one) => one.stop()));
  assert.deepEqual(
    sums.map((sum) => sum.examples),
    [[], []],
  );
  assert.ok((await next.ask('counters', { target: 't', slot: 'blue' })).requests > 0);
});

test('a proxy that was started wrongly says how it is started, and ends', async () => {
  const child = spawn(process.execPath, [entryPath('proxy')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (part) => {
    said += part;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  assert.match(said, /^usage: proxy <id> <folder>[^\n]*\n$/);
});
