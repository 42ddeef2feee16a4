import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';
import { residentMb } from '../../bench/proxy/process-stat.ts';
import { eventually } from '../suites/eventually.ts';
import { startProxy } from '../suites/proxy-process.ts';
import { startRaw } from '../suites/raw.ts';

const request = (path: string, method = 'GET'): string => `${method} ${path} HTTP/1.1\r\nHost: shop\r\n`;
const complete = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What clients do to a connection before they leave it, rudely or not. */
const visits: readonly ((socket: net.Socket) => void)[] = [
  (socket) => socket.once('data', () => socket.end()).write(`${request('/ok')}\r\n`),
  (socket) => socket.write(`${request('/ok')}\r\n`, () => socket.resetAndDestroy()),
  (socket) => socket.write(request('/half'), () => socket.destroy()),
  (socket) => socket.write('nonsense\r\n\r\n'),
  (socket) => socket.write(`${request('/hang')}\r\n`, () => setTimeout(() => socket.destroy(), 5)),
  (socket) => socket.write(`${request('/cut')}\r\n`),
  (socket) => socket.write(`${request('/reset')}\r\n`, () => setTimeout(() => socket.destroy(), 20)),
  (socket) =>
    socket.write(`${request('/up', 'POST')}Content-Length: 99\r\n\r\nabc`, () => socket.resetAndDestroy()),
  (socket) => socket.destroy(),
];

test('thousands of clients and instances that leave at every moment leave nothing behind', async (t) => {
  const proxy = await startProxy();
  const upstream = await startRaw((socket) => {
    socket.on('data', (bytes) => {
      const [, path] = /^[A-Z]+ (\S+) /.exec(bytes.toString('latin1')) ?? [];
      if (path === '/ok') socket.write(complete);
      if (path === '/cut') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok');
      if (path === '/reset') socket.resetAndDestroy();
    });
  });
  t.after(() => Promise.all([proxy.close(), upstream.close()]));
  // A client that went cannot be told from one that only said all it had to say: what hangs ends at this limit.
  await proxy.serve(upstream.port, { limits: { answer: 2_000 } });
  const { pid = 0 } = proxy.child;
  const descriptors = (): number => readdirSync(`/proc/${pid}/fd`).length;
  const before = descriptors();
  await churn(proxy.listen.port, 2_000);
  const warm = residentMb(pid).now;
  await churn(proxy.listen.port, 6_000);
  const inFlight = async () => (await proxy.ask('counters', { target: 't', slot: 'blue' })).inFlight;
  await eventually('nothing is in flight', async () => (await inFlight()) === 0);
  await eventually('no connection of a client is left', () => descriptors() <= before + 40); // Idle ones to the instance may stay.
  assert.ok(residentMb(pid).now - warm < 30, `${warm} MB became ${residentMb(pid).now} MB`);
});

/** So many visits, some at the same time; each ends with its connection. */
async function churn(port: number, count: number): Promise<void> {
  let begun = 0;
  const work = async (): Promise<void> => {
    while (begun < count) {
      const visit = visits[begun++ % visits.length];
      const socket = net.connect(port, '127.0.0.1');
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => socket.destroy()).on('data', () => undefined);
      socket.once('connect', () => visit?.(socket));
      await closed;
    }
  };
  await Promise.all(Array.from({ length: 20 }, work));
}
