import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../../../../test/suites/eventually.ts';
import { type ProxyProcess, startProxy } from '../../../../test/suites/proxy-process.ts';
import { asked, raw, startRaw } from '../../../../test/suites/raw.ts';
import { get } from '../../../../test/suites/router-tools.ts';
import type { SlotName, SplitOf } from './table.ts';

/** An instance that answers its name to everything but what it lacks. */
async function startNamed(name: string, lacks: RegExp = /^never$/) {
  const server = createServer((request, response) => {
    const status = lacks.test(request.url ?? '') ? 404 : 200;
    response.writeHead(status, { 'content-length': name.length }).end(name);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    close: () => server.close().closeAllConnections(),
  };
}

describe('routing', () => {
  let proxy: ProxyProcess;
  let blue: Awaited<ReturnType<typeof startNamed>>;
  let green: typeof blue;
  before(async () => {
    proxy = await startProxy(1);
    [blue, green] = await Promise.all([startNamed('blue', /app\.3f2a1b9c\.js$/), startNamed('green')]);
  });
  after(async () => {
    await proxy?.close();
    for (const one of [blue, green]) one?.close();
  });

  const text = async (headers: Record<string, string> = {}, path = '/'): Promise<string> =>
    (await get(proxy.listen, path, headers)).text;

  const members = (target: string, slot: SlotName, ports: number[]) =>
    proxy.ask('members', {
      target,
      slot,
      members: ports.map((port) => ({ instance: `${slot}-${port}`, host: '127.0.0.1', port })),
    });

  async function shift(target: string, to: SplitOf): Promise<void> {
    const { split: from } = await proxy.ask('observe', { target });
    await proxy.ask('commit', { token: (await proxy.ask('prepare', { target, from, to, fence: 1 })).token });
  }

  /** Serves a target with blue and green while `act` runs. */
  async function withBoth(rules: Parameters<ProxyProcess['serveTarget']>[2], act: () => Promise<void>) {
    await proxy.serveTarget('t', blue.port, rules);
    await members('t', 'green', [green.port]);
    try {
      await act();
    } finally {
      await proxy.ask('unpublish', { target: 't' });
    }
  }

  test('several targets share an address by host and by the longest path', async () => {
    await proxy.serveTarget('site', blue.port, { hosts: ['shop.example'] });
    await proxy.serveTarget('api', green.port, { hosts: ['shop.example'], path: '/api' });
    const shop = { host: 'Shop.Example:8080' };
    assert.equal(await text(shop), 'blue');
    assert.equal(await text(shop, '/api/orders?x=/'), 'green');
    assert.equal(await text(shop, '/apis'), 'blue');
    assert.equal((await get(proxy.listen, '/', { host: 'other.example' })).status, 503);
    await proxy.serveTarget('rest', green.port);
    assert.equal(await text({ host: 'other.example' }), 'green');
    const absolute = await raw(
      proxy.listen.port,
      asked('http://shop.example/api').replace('Host: shop', 'Host: shop.example'),
    );
    assert.match(absolute.text, /green$/);
    const same = proxy.ask('publish', { target: 'twin', rules: { hosts: ['x', 'shop.example'] } });
    await assert.rejects(same, { code: 'TAKEN' });
    await assert.rejects(proxy.ask('publish', { target: 'twin' }), { code: 'TAKEN' });
    for (const target of ['site', 'api', 'rest']) await proxy.ask('unpublish', { target });
    assert.equal((await get(proxy.listen)).status, 503);
  });

  test('a client keeps its slot by its cookie, and moves when that slot serves nobody any more', async () => {
    await withBoth({ sticky: { cookie: 'slot', seconds: 60 } }, async () => {
      const plain = await raw(proxy.listen.port, asked());
      assert.doesNotMatch(plain.text, /set-cookie/i, 'one slot alone needs no cookie');
      await shift('t', { blue: 50, green: 50 });
      const seen = { blue: '', green: '' };
      for (let i = 0; i < 200 && !(seen.blue && seen.green); i += 1) {
        const { text: answer } = await raw(proxy.listen.port, asked());
        const [, cookie = ''] =
          /Set-Cookie: (slot=[\w-]{22}); Path=\/; Max-Age=60; HttpOnly/.exec(answer) ?? [];
        seen[answer.endsWith('blue') ? 'blue' : 'green'] = cookie;
      }
      assert.match(seen.blue, /^slot=/);
      assert.match(seen.green, /^slot=/);
      for (const slot of ['blue', 'green'] as const) {
        for (let i = 0; i < 10; i += 1) assert.equal(await text({ cookie: `a=b; ${seen[slot]}` }), slot);
        const again = await raw(proxy.listen.port, asked('/', `Cookie: ${seen[slot]}\r\n`));
        assert.doesNotMatch(again.text, /set-cookie/i);
      }
      await shift('t', { blue: 1, green: 99 });
      assert.equal(await text({ cookie: seen.green }), 'green', 'a growing share takes nobody back');
      await shift('t', { green: 100 });
      assert.equal(await text({ cookie: seen.blue }), 'green');
      await members('t', 'green', []);
      await shift('t', { blue: 50, green: 50 });
      assert.equal(await text({ cookie: seen.green }), 'blue');
    });
  });

  test('the slot without users is seen by its own host, its own port or the secret, and counts for no watch', async () => {
    const [port] = proxy.extra.map((one) => one.port);
    const digest = createHash('sha256').update('open sesame').digest('hex');
    await withBoth({ preview: { host: 'preview.example', digest, ...(port ? { port } : {}) } }, async () => {
      assert.equal(await text(), 'blue');
      assert.equal(await text({ host: 'preview.example' }), 'green');
      assert.equal((await get({ host: '127.0.0.1', port: port ?? 0 })).text, 'green');
      assert.equal(await text({ 'gonogo-preview': 'open sesame' }), 'green');
      for (const wrong of ['', 'open', 'open sesame ', digest].map((one) => ({
        'gonogo-preview': `x${one}`,
      })))
        assert.equal(await text(wrong), 'blue');
      assert.equal((await proxy.ask('counters', { target: 't', slot: 'green' })).requests, 0);
      await shift('t', { green: 100 });
      assert.equal(await text({ host: 'preview.example' }), 'blue');
      await members('t', 'blue', []);
      assert.equal((await get(proxy.listen, '/', { host: 'preview.example' })).status, 503);
    });
  });

  test('held requests wait within their bounds, and go where the split says when they are released', async () => {
    await withBoth({ health: '/balancer' }, async () => {
      await proxy.ask('hold', { target: 't', atMost: 3, within: 60_000 });
      const held = async (): Promise<number> => (await proxy.ask('stats', undefined)).targets[0]?.held ?? 0;
      const waiting = [text(), text()];
      await eventually('two wait', async () => (await held()) === 2);
      const left = net.connect(proxy.listen.port, '127.0.0.1', () => left.write(asked()));
      await eventually('three wait', async () => (await held()) === 3);
      assert.equal((await get(proxy.listen)).status, 503, 'one more than may wait');
      assert.equal((await get(proxy.listen, '/balancer')).status, 200);
      left.destroy();
      await eventually('the one who left is gone', async () => (await held()) === 2);
      const hasty = net.connect(proxy.listen.port, '127.0.0.1', () => hasty.write(asked().repeat(2)));
      await eventually('three wait again', async () => (await held()) === 3);
      hasty.destroy();
      await eventually('one who had asked twice is gone', async () => (await held()) === 2);
      await proxy.ask('hold', { target: 't', atMost: 9, within: 60_000 });
      assert.equal(await held(), 2, 'a second hold goes on with whom the first has');
      await shift('t', { green: 100 });
      assert.equal(await held(), 2);
      await proxy.ask('release', { target: 't' });
      assert.deepEqual(await Promise.all(waiting), ['green', 'green']);
      assert.equal(await text(), 'green');
      assert.equal((await proxy.ask('counters', { target: 't', slot: 'blue' })).requests, 0);
      await proxy.ask('hold', { target: 't', atMost: 9, within: 50 });
      assert.equal(await text(), 'green', 'it ends by itself');
    });
  });

  test('a client that leaves in the middle of an upload gives its place up, and one that stays loses nothing', async (t) => {
    const got: Buffer[] = [];
    const app = createServer(async (asks, response) => {
      for await (const bytes of asks) got.push(bytes as Buffer);
      response.end('stored');
    });
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    t.after(() => app.close());
    await withBoth(undefined, async () => {
      const held = async (): Promise<number> => (await proxy.ask('stats', undefined)).targets[0]?.held ?? 0;
      await proxy.ask('hold', { target: 't', atMost: 2, within: 60_000 });
      const upload = (length: number) =>
        request({ ...proxy.listen, method: 'POST', headers: { 'content-length': length }, agent: false });
      const leaving = upload(1_000_000).on('error', () => undefined);
      leaving.write(Buffer.alloc(700_000));
      const [body, staying] = [randomBytes(3_000_000), upload(3_000_000)];
      const answered = once(staying, 'response') as Promise<[IncomingMessage]>;
      staying.end(body);
      await eventually('two wait', async () => (await held()) === 2);
      leaving.destroy();
      await eventually('the one who left is gone', async () => (await held()) === 1);
      await members('t', 'green', [(app.address() as net.AddressInfo).port]);
      await shift('t', { green: 100 });
      await proxy.ask('release', { target: 't' });
      const [answer] = await answered;
      assert.equal(String(await answer.toArray()), 'stored');
      assert.ok(Buffer.concat(got).equals(body));
    });
  });

  test('Prometheus sees who is still answered by instances that have left the slot', async (t) => {
    const app = await startRaw(() => undefined);
    t.after(() => app.close());
    await withBoth(undefined, async () => {
      const inFlight = async (): Promise<string | undefined> =>
        /_in_flight\{target="t",slot="blue"\} (\d+)/.exec(await proxy.ask('metrics', undefined))?.[1];
      await members('t', 'blue', [app.port]);
      const client = net.connect(proxy.listen.port, '127.0.0.1', () => client.write(asked()));
      await eventually('it is under way', async () => (await inFlight()) === '1');
      await members('t', 'blue', []);
      assert.equal(await inFlight(), '1');
      await members('t', 'blue', [blue.port]);
      assert.equal(await inFlight(), '1', 'others are in the slot now');
      client.resetAndDestroy();
      await eventually('it has left', async () => (await inFlight()) === '0');
    });
  });

  test('what the proxy counted is there for Prometheus', async () => {
    await withBoth(undefined, async () => {
      await text();
      await text({}, '/app.3f2a1b9c.js');
      const page = await proxy.ask('metrics', undefined);
      for (const line of [
        'gonogo_proxy_requests_total{target="t",slot="blue",code="2xx"} 1',
        'gonogo_proxy_requests_total{target="t",slot="blue",code="4xx"} 1',
        'gonogo_proxy_request_duration_seconds_count{target="t",slot="blue"} 2',
        'gonogo_proxy_request_duration_seconds_bucket{target="t",slot="blue",le="+Inf"} 2',
        'gonogo_proxy_weight{target="t",slot="blue"} 100',
        'gonogo_proxy_members{target="t",slot="green"} 1',
        'gonogo_proxy_workers 1',
      ]) {
        assert.ok(page.includes(`\n${line}\n`), `${line}\n${page}`);
      }
      for (const line of page.trim().split('\n')) {
        assert.match(
          line,
          /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [\d.e+-]+)$/,
        );
      }
    });
  });
});
