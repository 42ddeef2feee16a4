import assert from 'node:assert/strict';
import { readFile, rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../../../../test/suites/eventually.ts';
import { type ProxyProcess, startProxy } from '../../../../test/suites/proxy-process.ts';
import { asked, raw } from '../../../../test/suites/raw.ts';
import { get } from '../../../../test/suites/router-tools.ts';
import type { SettingsWire } from '../wire/proxy.ts';
import { Settings } from './settings.ts';

test('who is trusted is known by address and network, and by default nobody is', () => {
  const settings = new Settings();
  assert.equal(settings.trusts('127.0.0.1'), false);
  settings.apply({ trusted: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'] });
  for (const address of ['10.1.2.3', '192.0.2.7', '2001:db8::1'])
    assert.ok(settings.trusts(address), address);
  for (const address of ['11.1.2.3', '192.0.2.8', '2001:db9::1', 'x']) assert.ok(!settings.trusts(address));
  settings.apply({});
  assert.equal(settings.trusts('10.1.2.3'), false);
});

describe('the settings of a running proxy', () => {
  let proxy: ProxyProcess;
  let echo: { port: number; close(): void };
  before(async () => {
    proxy = await startProxy();
    const server = createServer((request, response) => {
      const body = JSON.stringify(request.headers);
      response.writeHead(request.url === '/broken' ? 500 : 200, { 'content-length': body.length }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    echo = {
      port: (server.address() as net.AddressInfo).port,
      close: () => server.close().closeAllConnections(),
    };
    await proxy.serve(echo.port);
  });
  after(async () => {
    await proxy?.close();
    echo?.close();
  });
  const set = (settings: SettingsWire) => proxy.ask('publish', { target: 't', settings });

  test('limits hold from the next connection on, and go back to their defaults', async () => {
    await set({ limits: { uriBytes: 100, headBytes: 2000, bodyBytes: 10 } });
    const long = `/${'x'.repeat(150)}`;
    assert.equal((await get(proxy.listen, long)).status, 414);
    assert.equal((await get(proxy.listen, '/', { 'x-much': 'x'.repeat(3000) })).status, 431);
    const post = (size: number): string =>
      asked('/', `Content-Length: ${size}\r\n`).replace('GET', 'POST') + 'x'.repeat(size);
    assert.match((await raw(proxy.listen.port, post(11))).text, /^HTTP\/1.1 413 /);
    assert.match((await raw(proxy.listen.port, post(10))).text, /^HTTP\/1.1 200 /);
    const inChunks = (...sizes: number[]): string =>
      asked('/', 'Transfer-Encoding: chunked\r\n').replace('GET', 'POST') +
      [...sizes, 0].map((size) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`).join('');
    assert.match((await raw(proxy.listen.port, inChunks(5, 6))).text, /^HTTP\/1.1 413 /);
    assert.match((await raw(proxy.listen.port, inChunks(5, 5))).text, /^HTTP\/1.1 200 /);
    await set({});
    assert.equal((await get(proxy.listen, long)).status, 200);
  });

  test('one connection more than there may be is closed', async () => {
    await set({ limits: { connections: 2 } });
    const open = [0, 1].map(() => net.connect(proxy.listen.port, '127.0.0.1'));
    await eventually('both are there', async () => (await proxy.ask('stats', undefined)).connections === 2);
    await assert.rejects(get(proxy.listen), /ECONNRESET|hang up/);
    for (const socket of open) socket.destroy();
    await eventually('both are gone', async () => (await proxy.ask('stats', undefined)).connections === 0);
    assert.equal((await get(proxy.listen)).status, 200);
    await set({});
  });

  test('a trusted proxy in front says who asks, and nobody else does', async () => {
    const claims = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' };
    const seen = async () =>
      JSON.parse((await get(proxy.listen, '/', claims)).text) as Record<string, string>;
    const stranger = await seen();
    assert.deepEqual([stranger['x-forwarded-for'], stranger['x-forwarded-proto']], ['127.0.0.1', 'http']);
    await set({ trusted: ['127.0.0.0/8'] });
    const trusted = await seen();
    assert.deepEqual(
      [trusted['x-forwarded-for'], trusted['x-forwarded-proto']],
      ['192.0.2.1, 127.0.0.1', 'https'],
    );
    await set({});
  });

  test('the access log has a line for every request, no query unless asked, and follows when it is renamed', async () => {
    const file = join(proxy.folder, 'access.log');
    const lines = async (name = file) =>
      (await readFile(name, 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, string | number>);
    await set({ log: { file, query: false } });
    await get(proxy.listen, '/a?token=hunter2', { host: 'shop.example' });
    await get(proxy.listen, '/broken');
    await raw(proxy.listen.port, 'nonsense\r\n\r\n');
    await eventually('three lines', async () => (await lines()).length === 3);
    const [first, second, third] = await lines();
    assert.deepEqual(
      { ...first, time: 0, bytes: 0, ms: 0, id: 0 },
      {
        ...{ time: 0, bytes: 0, ms: 0, id: 0 },
        ...{ remote: '127.0.0.1', method: 'GET', host: 'shop.example', path: '/a', status: 200 },
        ...{ target: 't', slot: 'blue', instance: 'blue-1' },
      },
    );
    assert.ok(Number(first?.ms) > 0 && Number(first?.bytes) > 100 && String(first?.id).length > 8);
    assert.deepEqual([second?.status, third?.status], [500, 400]);
    await rename(file, `${file}.1`);
    await eventually('a new file', async () => {
      await get(proxy.listen, '/b');
      return (await lines()).length > 0;
    });
    await set({ log: { file, query: true } });
    await get(proxy.listen, '/c?q=1');
    await eventually('the query', async () => (await lines()).some((line) => line.path === '/c?q=1'));
    await set({});
  });
});
