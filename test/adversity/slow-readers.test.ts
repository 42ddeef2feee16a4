import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { residentMb } from '../../bench/proxy/process-stat.ts';
import { eventually } from '../suites/eventually.ts';
import { type ProxyProcess, startProxy } from '../suites/proxy-process.ts';
import { stands } from '../suites/router-tools.ts';

const request = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';
const last = 'GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n';
/** Little, so that a proxy that keeps answers for a slow reader may keep many of them. */
const answer = Buffer.alloc(10_000, 'x');
/** More than the kernel takes for a client that does not read. */
const many = 3_000;

describe('a client that asks much and reads late', () => {
  let proxy: ProxyProcess;
  let server: Server;
  let asked = 0;
  before(async () => {
    server = createServer((_request, response) => {
      asked += 1;
      response.end(answer);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    proxy = await startProxy();
  });
  beforeEach(() => {
    asked = 0;
  });
  after(() => {
    server?.close().closeAllConnections();
    return proxy?.close();
  });

  /** A buffer for all answers, so that they are complete at the proxy while nobody reads them. */
  const serve = (bufferedBytes: number): Promise<void> =>
    proxy.serve((server.address() as AddressInfo).port, { limits: { bufferedBytes, linger: 1 } });

  /** Sends all at once and reads nothing yet. */
  function ask(text: string): net.Socket {
    const socket = net.connect({ ...proxy.listen, allowHalfOpen: true }).pause();
    socket.on('error', () => socket.destroy()).write(text);
    return socket;
  }

  /** Everything from now on. */
  async function read(socket: net.Socket): Promise<{ answers: number; octets: number }> {
    let [answers, octets, tail] = [0, 0, ''];
    socket.on('data', (bytes: Buffer) => {
      const text = tail + bytes.toString('latin1');
      answers += text.split('HTTP/1.1 ').length - 1;
      tail = text.slice(text.lastIndexOf('\n') + 1).slice(-8);
      octets += bytes.length;
    });
    await new Promise((resolve) => socket.on('end', resolve).on('close', resolve).resume());
    socket.destroy();
    return { answers, octets };
  }

  test('is asked no further until it reads, and then gets every answer', async () => {
    await serve(65_536);
    const before = residentMb(proxy.child.pid ?? 0).now;
    const socket = ask(request.repeat(many) + last);
    await stands('it is asked no further', () => asked);
    assert.ok(asked < many, `${asked} requests were asked for a client that does not read`);
    const { answers, octets } = await read(socket);
    assert.equal(answers, many + 1);
    assert.ok(octets > (many + 1) * answer.length);
    const { peak } = residentMb(proxy.child.pid ?? 0);
    assert.ok(peak - before < 25, `${before} MB became ${peak} MB`);
  });

  test('is read no further when the proxy answers by itself, and then gets every answer', async () => {
    await proxy.ask('members', { target: 't', slot: 'blue', members: [] });
    const most = 400_000; // Also more than the kernel takes of requests.
    const socket = ask(request.repeat(most) + last);
    await stands('it is read no further', () => socket.writableLength);
    assert.equal((await read(socket)).answers, most + 1);
  });

  test('gets all of its answers, though they are complete long before it reads the last one', async () => {
    await serve(64e6);
    const socket = ask(request.repeat(many) + last);
    await eventually('all are answered', () => asked === many + 1);
    const quick = ask(last);
    await eventually('a connection that ended later is gone', async () => {
      return asked === many + 2 && (await proxy.ask('stats', undefined)).connections === 1;
    });
    quick.destroy();
    assert.equal((await read(socket)).octets > (many + 1) * answer.length, true);
  });

  test('gets all of its answers, though it ends its half when they are complete', async () => {
    await serve(64e6);
    const socket = ask(request.repeat(many));
    await eventually('all are answered', async () => {
      return (await proxy.ask('counters', { target: 't', slot: 'blue' })).inFlight === 0 && asked === many;
    });
    socket.end();
    const { answers, octets } = await read(socket);
    assert.equal(answers, many);
    assert.ok(octets > many * answer.length);
  });
});
