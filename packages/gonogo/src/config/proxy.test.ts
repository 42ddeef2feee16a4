import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits as defaults } from '../proxy/limits.ts';
import { FrontWire } from '../wire/front.ts';
import { configJsonSchema } from './json-schema.ts';
import { frontOf, preview, proxy } from './proxy.ts';

const parse = (written: unknown) => frontOf(proxy.parse(written), undefined);

test('an environment that asks for nothing gets a front without settings', () => {
  assert.equal(parse({}), undefined);
});

test('short forms mean their usual, and the agent takes whatever a file may ask for', () => {
  const front = frontOf(
    proxy.parse({
      hosts: ['Shop.example', '*.shop.example'],
      path: '/api',
      sticky: true,
      assets: true,
      health: '/balancer',
      upstream_host: 'shop.internal:8080',
      upgrades: ['WebSocket', 'spdy/3.1'],
      drain: { streams: '2s', websockets: '5s' },
      tls: { certificate: '/etc/shop.pem', key: '/etc/shop.key', redirect: 80 },
      workers: 2,
      trusted: ['10.0.0.0/8', '::1'],
      metrics: 9100,
      log: true,
      limits: { head: '5s', idle_upstream: '4s', body_size: 'none', total: '2m', connections_per_address: 7 },
    }),
    preview.parse('next.example'),
  );
  assert.deepEqual(front, {
    hosts: ['shop.example', '*.shop.example'],
    path: '/api',
    sticky: { cookie: 'gonogo_slot' },
    assets: true,
    health: '/balancer',
    upstreamHost: 'shop.internal:8080',
    upgrades: ['websocket', 'spdy/3.1'],
    drain: { streams: 2000, websockets: 5000 },
    tls: { certificate: '/etc/shop.pem', key: '/etc/shop.key', redirect: 80 },
    workers: 2,
    trusted: ['10.0.0.0/8', '::1'],
    metrics: 9100,
    log: { query: false },
    limits: { head: 5000, idleUpstream: 4000, bodyBytes: 0, total: 120_000, connectionsPerAddress: 7 },
    preview: { host: 'next.example' },
  });
  assert.deepEqual(FrontWire.parse(front), front);
});

test('what a front cannot do is refused', () => {
  for (const written of [
    { hosts: [] },
    { hosts: ['shop.example:80'] },
    { hosts: ['*'] },
    { path: 'api' },
    { path: '/api/' },
    { path: '/api/../x' },
    { path: '/api?x' },
    { tls: { certificate: 'shop.pem', key: '/k' } },
    { upgrades: ['h2c'] },
    { upgrades: ['HTTP/2.0'] },
    { upgrades: ['TLS/1.3'] },
    { upgrades: ['tcp, websocket'] },
    { trusted: ['10.0.0.0/33'] },
    { trusted: ['proxy.example'] },
    { metrics: 0 },
    { workers: 0 },
    { sticky: { cookie: 'a;b' } },
    { limits: { head_size: 100 } },
    { limits: { head_size: '0KB' } },
    { limits: { connect: 'none' } },
    { limits: { failures: 0 } },
    { upstream_host: 'http://shop' },
    { upstream_host: 'shop\r\nX: y' },
    { drain: { websockets: 'none' } },
    { hold: { within: '61m' } },
    { hold: { within: '597h' } },
  ]) {
    assert.equal(proxy.safeParse(written).success, false, JSON.stringify(written));
  }
  for (const written of [{}, { host: 'a b' }, { secret: '1X' }])
    assert.equal(preview.safeParse(written).success, false, JSON.stringify(written));
});

test('the defaults that the reference tells are those of the proxy', () => {
  const names: Record<string, string> = {
    idle: 'idleClient',
    idle_upstream: 'idleUpstream',
    head_size: 'headBytes',
    uri_size: 'uriBytes',
    body_size: 'bodyBytes',
    buffer: 'bufferedBytes',
    held: 'heldBytes',
    body_rate: 'bodyRate',
    slow_start: 'slowStart',
    connections_per_address: 'connectionsPerAddress',
  };
  const told = Object.entries(describedLimits());
  assert.ok(told.length > 10);
  for (const [key, description] of told) {
    const [, value = ''] = /Default (\S+)\.$/.exec(description) ?? [];
    assert.equal(inNumbers(value), defaults[(names[key] ?? key) as keyof typeof defaults], key);
  }
});

function describedLimits(): Record<string, string> {
  const found: Record<string, string> = {};
  const look = (schema: unknown): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [key, inner] of Object.entries(schema)) {
      if (key === 'limits') {
        const { properties = {} } = inner as { properties?: Record<string, { description?: string }> };
        for (const [name, { description = '' }] of Object.entries(properties)) found[name] = description;
      } else look(inner);
    }
  };
  look(configJsonSchema());
  return found;
}

function inNumbers(value: string): number {
  if (value === 'none') return 0;
  const [, amount = '', unit = ''] = /^(\d+)(\w*)$/.exec(value) ?? [];
  return Number(amount) * ({ s: 1000, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }[unit] ?? 1);
}

test('requests may be held for an hour, and what is longer is told what is possible', () => {
  assert.deepEqual(parse({ hold: { within: '1h' } }), { hold: { within: 3_600_000 } });
  assert.match(String(proxy.safeParse({ hold: { within: '600h' } }).error), /must be at most 1h/);
});
