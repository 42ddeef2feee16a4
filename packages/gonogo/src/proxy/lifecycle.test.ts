import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { startUpstream, type Upstream } from '../../../../bench/strict-client/upstream.ts';
import { eventually } from '../../../../test/suites/eventually.ts';
import { type ProxyProcess, startProxy } from '../../../../test/suites/proxy-process.ts';
import { keepConnection } from '../../../../test/suites/raw.ts';
import { get } from '../../../../test/suites/router-tools.ts';
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

type SplitTo = 'nobody' | { readonly green: number };

async function shift({ ask }: ProxyProcess, to: SplitTo): Promise<void> {
  const { split: from } = await ask('observe', { target: 't' });
  const { token } = await ask('prepare', { target: 't', from, to, fence: 1 });
  await ask('commit', { token });
}

async function fillGreen({ ask }: ProxyProcess, { port }: Upstream): Promise<void> {
  const members = [{ instance: 'green-1', host: '127.0.0.1', port }];
  await ask('members', { target: 't', slot: 'green', members });
}

/** One proxy that has sent everybody to blue, and both slots. */
async function start(t: TestContext) {
  const [proxy, blue, green] = [await startProxy(), await startUpstream('v1'), await startUpstream('v2')];
  t.after(() => Promise.all([proxy.close(), blue.close(), green.close()]));
  await proxy.serve(blue.port);
  return { proxy, green };
}

async function kill({ child }: ProxyProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

test('who has stayed with a proxy that retires goes where the next one sends everybody', async (t) => {
  const { proxy, green } = await start(t);
  const kept = await Promise.all(Array.from({ length: 50 }, () => keepConnection(proxy.listen)));
  t.after(() => kept.map(({ socket }) => socket.destroy()));
  await proxy.ask('retire', { deadline: 20_000 });
  const next = await proxy.next();
  t.after(() => next.close());
  await fillGreen(next, green);
  await shift(next, { green: 100 });
  await eventually('they are with green', async () => {
    const one = kept.pop();
    assert.ok(one, 'each of them is answered once');
    const answer = await one.ask();
    assert.match(answer, /\r\nConnection: close\r\n/, 'it is the old one that answers');
    return answer.includes('v2');
  });
});

test('who waits at a proxy that retires is let go when the next one sends users somewhere', async (t) => {
  const { proxy, green } = await start(t);
  await shift(proxy, 'nobody');
  await proxy.ask('hold', { target: 't', atMost: 10, within: 20_000 });
  const answer = get(proxy.listen);
  const waiting = async () => (await proxy.ask('stats', undefined)).targets[0]?.held === 1;
  await eventually('somebody waits', waiting);
  await proxy.ask('retire', { deadline: 20_000 });
  const next = await proxy.next();
  t.after(() => next.close());
  await fillGreen(next, green);
  await shift(next, { green: 100 });
  assert.match((await answer).text, /^v2/);
});

test('a proxy that is started in the middle of a hold has users wait for what is left of it', async (t) => {
  const { proxy, green } = await start(t);
  await shift(proxy, 'nobody');
  await proxy.ask('hold', { target: 't', atMost: 1, within: 20_000 });
  await kill(proxy);
  const next = await proxy.next();
  t.after(() => next.close());
  const answer = get(next.listen);
  const waiting = async () => (await next.ask('stats', undefined)).targets[0]?.held === 1;
  await eventually('somebody waits', waiting);
  assert.equal((await get(next.listen)).status, 503, 'one more than may wait');
  await fillGreen(next, green);
  await shift(next, { green: 100 });
  await next.ask('release', { target: 't' });
  assert.match((await answer).text, /^v2/);
  await kill(next);
  const last = await proxy.next();
  t.after(() => last.close());
  assert.match((await get(last.listen)).text, /^v2/, 'nobody waits any more');
  await last.ask('hold', { target: 't', atMost: 1, within: 1 });
  await kill(last);
  const late = await proxy.next();
  t.after(() => late.close());
  assert.match((await get(late.listen)).text, /^v2/, 'that hold is over');
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
