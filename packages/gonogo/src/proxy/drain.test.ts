import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { holdStream, holdWebSocket } from '../../../../bench/strict-client/long-lived.ts';
import { startUpstream } from '../../../../bench/strict-client/upstream.ts';
import { type ProxyProcess, startProxy } from '../../../../test/suites/proxy-process.ts';
import { closeInTurn } from './drain.ts';

test('what lasts is closed one after another, each kind within its own budget, and others are left alone', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const closed: string[] = [];
  const one = (kind: 'stream' | 'websocket', name: string) => ({ kind, close: () => void closed.push(name) });
  const lasting = [one('websocket', 'a'), one('stream', 's'), one('websocket', 'b')];
  const stop = closeInTurn(lasting, { websocket: 1000 });
  t.mock.timers.tick(500);
  assert.deepEqual(closed, []);
  t.mock.timers.tick(225);
  assert.deepEqual(closed, ['a']);
  t.mock.timers.tick(225);
  assert.deepEqual(closed, ['a', 'b']);
  closeInTurn([one('stream', 's')], { stream: 10 })();
  stop();
  t.mock.timers.tick(5_000);
  assert.deepEqual(closed, ['a', 'b']);
});

describe('a slot that is drained', () => {
  let proxy: ProxyProcess;
  before(async () => {
    proxy = await startProxy();
  });
  after(() => proxy?.close());

  test('gives up its WebSockets and event streams within their budgets, and keeps those that have none', async (t) => {
    const upstream = await startUpstream('v1');
    t.after(() => upstream.close());
    await proxy.serve(upstream.port);
    const [socket, stream] = [holdWebSocket(proxy.listen), holdStream(proxy.listen)];
    await Promise.all([socket.begun, stream.begun]);
    const place = { target: 't', slot: 'blue' as const };
    const first = await proxy.ask('drain', { ...place, deadline: 600, budgets: { websocket: 200 } });
    assert.deepEqual(first, { drained: false, cut: 1 });
    assert.equal(await socket.stop(), 'closed');
    assert.equal(await stream.stop(), undefined);
    const second = holdStream(proxy.listen);
    await second.begun;
    const drained = await proxy.ask('drain', { ...place, deadline: 10_000, budgets: { stream: 100 } });
    assert.deepEqual(drained, { drained: true, cut: 0 });
    assert.match((await second.stop()) ?? '', /aborted|ended/);
  });

  test('tells its clients to come again when the proxy itself retires, and leaves idle ones their time', async (t) => {
    const upstream = await startUpstream('v1');
    t.after(() => upstream.close());
    await proxy.serve(upstream.port);
    const idle = net.connect(proxy.listen.port, proxy.listen.host);
    idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(idle, 'data');
    await proxy.ask('retire', { deadline: 20_000 });
    idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const [answer] = await once(idle, 'data');
    assert.match(String(answer), /^HTTP\/1.1 200 [\s\S]*\r\nConnection: close\r\n/);
    idle.end();
    await once(proxy.child, 'exit');
  });
});
