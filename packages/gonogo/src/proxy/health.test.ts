import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { eventually } from '../../../../test/suites/eventually.ts';
import { startProxy } from '../../../../test/suites/proxy-process.ts';
import { asked, raw, startRaw } from '../../../../test/suites/raw.ts';
import { chooseUpstream } from './choose.ts';
import type { Pool } from './claim.ts';
import { Traffic } from './counters.ts';
import { Health } from './health.ts';
import { limits } from './limits.ts';
import { Upstream } from './upstream.ts';

const few = { ...limits, failures: 3, ejection: 1_000, slowStart: 10_000 };

test('an instance that refuses a connection is out at once, and twice as long when it refuses again', () => {
  const health = new Health(few);
  health.failed(true, 0);
  assert.deepEqual([health.takes(999), health.takes(1_000)], [false, true]);
  health.failed(true, 1_000);
  assert.deepEqual([health.takes(2_999), health.takes(3_000)], [false, true]);
  health.succeeded();
  health.failed(true, 4_000);
  assert.deepEqual([health.takes(4_999), health.takes(5_000)], [false, true]);
});

test('requests that fail together leave an instance out once, not for twice as long with each of them', () => {
  const health = new Health(few);
  for (let i = 0; i < 100; i += 1) health.failed(i % 2 === 0, 10);
  assert.deepEqual([health.takes(1_009), health.takes(1_010)], [false, true]);
  health.failed(true, 1_010);
  assert.deepEqual([health.takes(3_009), health.takes(3_010)], [false, true]);
});

test('requests without an answer count only in a row', () => {
  const health = new Health(few);
  health.failed(false, 0);
  health.failed(false, 0);
  health.succeeded();
  health.failed(false, 0);
  assert.equal(health.plain, true);
  health.failed(false, 0);
  health.failed(false, 0);
  assert.equal(health.takes(0), false);
});

test('an instance that joins others gets a tenth of the turns first, and all of them in the end', () => {
  const health = new Health(few);
  health.startSlowly(1);
  const turns = (now: number): number =>
    Array.from({ length: 100 }, () => health.takes(now)).filter(Boolean).length;
  assert.ok(Math.abs(turns(1) - 10) <= 1);
  assert.ok(Math.abs(turns(5_001) - 50) <= 1);
  assert.deepEqual([turns(10_001), health.plain], [100, true]);
});

test('an instance that is out gets requests only when no other takes them', () => {
  const upstreams = ['a', 'b'].map((instance) => new Upstream({ instance, host: '127.0.0.1', port: 1 }));
  const pool: Pool = {
    ...{ target: 't', slot: 'blue', host: undefined, upgrades: [], traffic: new Traffic() },
    ...{ turn: 0, leaving: [], upstreams },
  };
  upstreams[0]?.health.failed(true);
  const names = Array.from({ length: 4 }, () => chooseUpstream(pool)?.member.instance);
  assert.deepEqual(names, ['b', 'b', 'b', 'b']);
  upstreams[1]?.health.failed(true);
  assert.notEqual(chooseUpstream(pool), undefined);
});

const events = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n';
const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** An instance that fails requests for /fail, and says its name otherwise, if nothing that lasts is asked for. */
const startInstance = (name: string) =>
  startRaw((socket) =>
    socket.once('data', (bytes) => {
      if (bytes.includes(' /fail ')) socket.destroy();
      else if (bytes.includes(' /events ')) socket.write(events);
      else if (bytes.includes('Upgrade: websocket')) socket.write(switching);
      else socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${name}`);
    }),
  );

const lasting = {
  'event streams': 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n',
  WebSockets: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
};

for (const [kind, request] of Object.entries(lasting))
  test(`an instance that is asked for ${kind} answers, though no such answer is ever complete`, async (t) => {
    const [proxy, a, b] = await Promise.all([startProxy(), startInstance('a'), startInstance('b')]);
    t.after(() => Promise.all([proxy.close(), a.close(), b.close()]));
    const { port } = proxy.listen;
    const fail = async (): Promise<void> => assert.match((await raw(port, asked('/fail'))).text, / 502 /);
    await proxy.serve(a.port, { limits: { failures: 2, ejection: 600_000, slowStart: 0 } });
    await fail();
    const client = net.connect(port, '127.0.0.1');
    client.write(request);
    await once(client, 'data');
    client.resetAndDestroy();
    await fail();
    await eventually('nothing is in flight', async () => {
      const [target] = (await proxy.ask('stats', undefined)).targets;
      return target?.slots[0]?.inFlight === 0;
    });
    const members = [a, b].map((one, i) => ({
      instance: `blue-${i + 1}`,
      host: '127.0.0.1',
      port: one.port,
    }));
    await proxy.ask('members', { target: 't', slot: 'blue', members });
    let names = '';
    for (let i = 0; i < 2; i += 1) names += (await raw(port, asked())).text.at(-1);
    assert.match(names, /a/, 'it is not left out');
  });
