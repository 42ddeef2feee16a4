import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { holdStream, holdWebSocket } from '../../../../bench/strict-client/long-lived.ts';
import { startUpstream } from '../../../../bench/strict-client/upstream.ts';
import { eventually } from '../../../../test/suites/eventually.ts';
import { type ProxyProcess, startProxy } from '../../../../test/suites/proxy-process.ts';
import { startRaw } from '../../../../test/suites/raw.ts';
import { Closing } from './drain.ts';

test('what lasts is closed one after another, each kind within its own budget, until somebody stops it', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const closed: string[] = [];
  const one = (kind: 'stream' | 'websocket', name: string) => ({ kind, close: () => void closed.push(name) });
  const lasting = [one('websocket', 'a'), one('stream', 's'), one('websocket', 'b')];
  const closing = new Closing({ websocket: 1000, stream: 60_000 }, undefined, 0);
  closing.look(lasting, 0);
  t.mock.timers.tick(500);
  assert.deepEqual(closed, []);
  t.mock.timers.tick(225);
  assert.deepEqual(closed, ['a']);
  closing.look([...lasting, one('websocket', 'late')], 800);
  t.mock.timers.tick(190);
  assert.deepEqual(closed, ['a', 'late']);
  t.mock.timers.tick(35);
  assert.deepEqual(closed, ['a', 'late', 'b']);
  closing.stop();
  t.mock.timers.tick(60_000);
  assert.deepEqual(closed, ['a', 'late', 'b']);
});

/** A client that asks on one connection. */
function talk({ host, port }: { host: string; port: number }) {
  const socket = net.connect(port, host).setEncoding('latin1');
  let [heard, over] = ['', false];
  socket.on('data', (text: string) => {
    heard += text;
  });
  socket.on('error', () => undefined); // `close` follows.
  socket.on('close', () => {
    over = true;
  });
  return {
    ask: (path: string) => void socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`),
    heard: () => heard,
    isOver: () => over,
    leave: () => void socket.destroy(),
  };
}

describe('a slot that is drained', () => {
  let proxy: ProxyProcess;
  before(async () => {
    proxy = await startProxy();
  });
  after(() => proxy?.close());

  const place = { target: 't', slot: 'blue' as const };

  test('gives up its WebSockets and event streams, each kind within its own budget', async (t) => {
    const upstream = await startUpstream('v1');
    t.after(() => upstream.close());
    await proxy.serveTarget('t', upstream.port, { drain: { websocket: 100 } });
    const [socket, stream] = [holdWebSocket(proxy.listen), holdStream(proxy.listen)];
    await Promise.all([socket.begun, stream.begun]);
    const drained = proxy.ask('drain', { ...place, deadline: 30_000 });
    const inFlight = async () => (await proxy.ask('counters', place)).inFlight;
    await eventually('the stream is left', async () => (await inFlight()) === 1);
    assert.equal(await socket.stop(), 'closed');
    await proxy.serveTarget('t', upstream.port, { drain: { stream: 100 } });
    assert.deepEqual(await proxy.ask('drain', { ...place, deadline: 10_000 }), { closed: 1, cut: 0 });
    assert.match((await stream.stop()) ?? '', /aborted|ended/);
    assert.deepEqual(await drained, { closed: 1, cut: 0 });
  });

  test('without budgets gives them up before its deadline, also of one instance alone', async (t) => {
    const [one, other] = await Promise.all([startUpstream('v1'), startUpstream('v2')]);
    t.after(() => Promise.all([one.close(), other.close()]));
    await proxy.serveTarget('t', one.port, {});
    const leaving = holdWebSocket(proxy.listen);
    await leaving.begun;
    const member = { instance: 'blue-2', host: '127.0.0.1', port: other.port };
    await proxy.ask('members', { ...place, members: [member] });
    const staying = holdWebSocket(proxy.listen);
    await staying.begun;
    const drained = await proxy.ask('drain', { ...place, deadline: 1_000, instances: ['blue-1'] });
    assert.deepEqual(drained, { closed: 1, cut: 0 });
    assert.equal(await leaving.stop(), 'closed');
    assert.equal(await staying.stop(), undefined);
  });

  test('leaves the connection of a stream that has ended by itself to what its client asks next', async (t) => {
    const stream = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
    const asked = new Map<string, net.Socket>();
    const app = await startRaw((socket) =>
      socket.setEncoding('latin1').on('data', (head: string) => {
        const [, path = ''] = head.split(' ');
        asked.set(path, socket);
        if (path !== '/next') socket.write(stream);
      }),
    );
    t.after(() => app.close());
    await proxy.serveTarget('t', app.port, { drain: { stream: 1_000 } });
    const [ends, lasts] = [talk(proxy.listen), talk(proxy.listen)];
    ends.ask('/ends');
    await eventually('a stream has begun', () => ends.heard().includes('event-stream'));
    lasts.ask('/lasts');
    await eventually('another has begun', () => lasts.heard().includes('event-stream'));
    const drained = proxy.ask('drain', { ...place, deadline: 10_000 });
    await proxy.ask('observe', { target: 't' }); // It is asked what follows once the slot is drained.
    asked.get('/ends')?.write('0\r\n\r\n');
    await eventually('it has ended', () => ends.heard().endsWith('0\r\n\r\n'));
    ends.ask('/next');
    await eventually('its client asks again', () => asked.has('/next'));
    await eventually('the other one is closed', () => lasts.isOver());
    asked.get('/next')?.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext');
    await eventually('the answer is here', () => ends.heard().endsWith('next') || ends.isOver());
    assert.match(ends.heard(), /\r\n\r\nnext$/);
    ends.leave();
    assert.deepEqual(await drained, { closed: 1, cut: 0 });
  });

  test('gives up a stream that begins only while it drains', async (t) => {
    const asked: net.Socket[] = [];
    const app = await startRaw((socket) => void socket.on('data', () => asked.push(socket)));
    t.after(() => app.close());
    await proxy.serveTarget('t', app.port, { drain: { stream: 500 } });
    const client = talk(proxy.listen);
    client.ask('/');
    await eventually('it is asked for', () => asked.length === 1);
    const drained = proxy.ask('drain', { ...place, deadline: 10_000 });
    await proxy.ask('observe', { target: 't' }); // It is asked what follows once the slot is drained.
    asked[0]?.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
    assert.deepEqual(await drained, { closed: 1, cut: 0 });
    await eventually('its client may come again', () => client.isOver());
  });

  test('waits for those too who came before its instance was out for a moment', async (t) => {
    const upstream = await startUpstream('v1');
    t.after(() => upstream.close());
    await proxy.serveTarget('t', upstream.port, { drain: { stream: 100 } });
    const stream = holdStream(proxy.listen);
    await stream.begun;
    const member = { instance: 'blue-1', host: '127.0.0.1', port: upstream.port };
    for (const members of [[], [member], []]) await proxy.ask('members', { ...place, members });
    assert.deepEqual(await proxy.ask('drain', { ...place, deadline: 10_000 }), { closed: 1, cut: 0 });
    await stream.stop();
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
