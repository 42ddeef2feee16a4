import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { parseHostPort } from './address.ts';
import type { Answer } from './kind.ts';
import { tcp } from './tcp.ts';

async function serve(t: TestContext, onConnection: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function ask(
  address: string,
  { timeout = 10_000, localAddress }: { timeout?: number; localAddress?: string } = {},
): Promise<Answer> {
  const source = localAddress === undefined ? {} : { localAddress };
  const at = { from: 'this machine', values: {}, cwd: '/', ...source };
  const spec = {
    name: address,
    kind: 'tcp',
    address,
    timeout,
    retry: { times: 0, delay: 0 },
    tags: [],
  } as const;
  return tcp(spec, { at, timeout, signal: AbortSignal.timeout(timeout), redact: String });
}

test('a server that waits for its client to speak first is reached', async (t) => {
  const port = await serve(t, () => undefined);
  for (const address of [`127.0.0.1:${port}`, `tcp://127.0.0.1:${port}`, `localhost:${port}`]) {
    const answer = await ask(address);
    assert.equal(answer.verdict, 'pass', answer.saw);
    assert.equal(answer.saw, 'connected');
  }
});

test('a server that speaks and then closes is reached', async (t) => {
  const port = await serve(t, (socket) => socket.end('220 ready\r\n'));
  assert.equal((await ask(`127.0.0.1:${port}`)).verdict, 'pass');
});

test('a connection that is closed at once names the address that is not admitted', async (t) => {
  const admitted = (socket: net.Socket) => socket.remoteAddress === '127.0.0.2' || socket.destroy();
  const port = await serve(t, admitted);
  const refused = await ask(`127.0.0.1:${port}`, { localAddress: '127.0.0.3' });
  assert.deepEqual([refused.verdict, refused.failure], ['fail', 'closed']);
  assert.equal(refused.saw, 'opened, then closed at once');
  assert.match(refused.hint ?? '', /does not admit 127\.0\.0\.3/);
  assert.equal((await ask(`127.0.0.1:${port}`, { localAddress: '127.0.0.2' })).verdict, 'pass');
});

test('a reset at once is the same refusal', async (t) => {
  const port = await serve(t, (socket) => socket.resetAndDestroy());
  assert.equal((await ask(`127.0.0.1:${port}`)).failure, 'closed');
});

test('a port where nothing listens is refused', async (t) => {
  const port = await serve(t, () => undefined);
  const answer = await ask(`127.0.0.5:${port}`);
  assert.deepEqual([answer.failure, answer.saw], ['refused', 'connection refused']);
  assert.match(answer.hint ?? '', new RegExp(`nothing listens on port ${port}`));
});

test('a name that is not known is told from a server that is not there', async () => {
  const answer = await ask('no-such-host.invalid:5432');
  assert.deepEqual([answer.failure, answer.saw], ['dns', 'the name no-such-host.invalid is not known']);
});

/** Listens and never accepts: once its queue is full the kernel drops what comes, as a firewall does. */
const deaf = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });
`;

test('silence means a firewall rule, and is told from every other failure', async (t) => {
  const worker = new Worker(deaf, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = Array.from({ length: 16 }, () =>
    net.connect(port, '127.0.0.1').on('error', () => undefined),
  );
  t.after(async () => {
    for (const socket of fillers) socket.destroy();
    await worker.terminate();
  });
  await once(fillers[0] as net.Socket, 'connect');
  let answer = await ask(`127.0.0.1:${port}`, { timeout: 400 });
  // The queue takes a moment to fill.
  for (let tries = 0; answer.verdict === 'pass' && tries < 50; tries++)
    answer = await ask(`127.0.0.1:${port}`, { timeout: 400 });
  assert.deepEqual([answer.failure, answer.saw], ['timeout', 'no answer in 400 ms']);
  assert.equal(answer.hint, 'Nothing answers: most likely a firewall rule.');
  const named = await ask(`localhost:${port}`, { timeout: 400 });
  assert.equal(named.hint, 'The name resolves; nothing answers: most likely a firewall rule.');
});

test('a service that gonogo does not speak is only asked for its port, and that is said', async (t) => {
  const port = await serve(t, () => undefined);
  const answer = await ask(`redis://:secret@127.0.0.1:${port}/0`);
  assert.match(answer.saw, /the port accepts; gonogo does not speak redis yet/);
});

test('addresses are read in every form', () => {
  assert.deepEqual(parseHostPort('db:5432'), { host: 'db', port: 5432 });
  assert.deepEqual(parseHostPort('[::1]:80'), { host: '::1', port: 80 });
  assert.deepEqual(parseHostPort('redis://u:p%40@cache.internal/0'), {
    host: 'cache.internal',
    port: 6379,
    scheme: 'redis',
  });
  assert.deepEqual(parseHostPort('tcp://h:1/'), { host: 'h', port: 1, scheme: 'tcp' });
  for (const text of ['db', 'db:', ':1', 'db:0', 'db:65536', 'a b:1', '', 'tcp://db', '::1:80']) {
    assert.equal(parseHostPort(text), undefined, text);
  }
});
