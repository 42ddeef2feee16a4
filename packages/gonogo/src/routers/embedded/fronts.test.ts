import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import net from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { holdWebSocket } from '../../../../../bench/strict-client/long-lived.ts';
import { startMixedLoad } from '../../../../../bench/strict-client/mixed.ts';
import { startUpstream, type Upstream } from '../../../../../bench/strict-client/upstream.ts';
import { needs } from '../../../../../test/require.ts';
import { type Address, freeAddress } from '../../../../../test/suites/addresses.ts';
import { makeCertificate } from '../../../../../test/suites/certificate.ts';
import { eventually } from '../../../../../test/suites/eventually.ts';
import { keepConnection, raw } from '../../../../../test/suites/raw.ts';
import { type EmbeddedHost, routerHost } from '../../../../../test/suites/router-host.ts';
import {
  countsOf,
  get,
  newTarget,
  shift,
  tell,
  unpublishAll,
} from '../../../../../test/suites/router-tools.ts';
import type { FrontSettings } from '../../domain/front.ts';
import { all } from '../../domain/split.ts';
import type { Target } from '../../domain/target.ts';
import { isProblem } from '../../errors.ts';
import { proxyId } from './render.ts';

describe('fronts of the embedded router', () => {
  let host: EmbeddedHost;
  let blue: Upstream;
  let green: Upstream;
  const published: Target[] = [];
  before(async () => {
    host = await routerHost();
    [blue, green] = await Promise.all([startUpstream('v1'), startUpstream('v2')]);
  });
  after(async () => {
    await Promise.all([host?.close(), blue?.close(), green?.close()]);
  });
  afterEach(async () => {
    await unpublishAll();
    for (const target of published.splice(0)) await host.router.unpublish(target);
  });

  /** Publishes a target with one instance in each slot, and sends everything to blue. */
  async function publish(
    listen: Address,
    settings: FrontSettings,
    ports = { blue: blue.port, green: green.port },
  ) {
    const target = newTarget();
    published.push(target);
    await host.router.publish(target, { listen, settings });
    for (const slot of ['blue', 'green'] as const)
      await tell(host.router, target, { slot, ports: [ports[slot]] });
    await shift(host.router, target, all('blue'));
    return target;
  }

  const proxies = async (listen: Address) =>
    (await host.keeper.call('list', undefined)).filter(
      (one) => one.labels.proxy === proxyId(listen) && !one.ended,
    );

  /** Acts while users are served, and answers what they met. */
  async function underLoad(listen: Address, versions: string[], act: () => Promise<void>) {
    const load = await startMixedLoad({ ...listen, versions, rate: 100, longLived: 1 });
    try {
      await act();
    } catch (error) {
      await load.stop();
      throw error;
    }
    const { examples, failed } = await load.stop();
    return { examples, failed };
  }
  const nothingLost = { examples: [], failed: 0 };

  test('services share an address by host name, and one leaves without the other noticing', async () => {
    const listen = await freeAddress();
    const shop = await publish(listen, { hosts: ['shop.example'] });
    const blog = await publish(listen, { hosts: ['blog.example'] }, { blue: green.port, green: blue.port });
    assert.match((await get(listen, '/', { host: 'shop.example' })).text, /^v1/);
    assert.match((await get(listen, '/', { host: 'blog.example' })).text, /^v2/);
    assert.equal((await proxies(listen)).length, 1);
    assert.equal(await host.router.whoAnswers(blog, '/'), 'blue');
    await shift(host.router, blog, all('green'));
    assert.match((await get(listen, '/', { host: 'shop.example' })).text, /^v1/);
    assert.equal(await host.router.whoAnswers(shop, '/'), 'blue');
    const twin = { listen, settings: { hosts: ['blog.example'] } };
    const late = newTarget();
    assert.match((await host.router.vet(late, twin)) ?? '', new RegExp(blog.service));
    await assert.rejects(host.router.publish(late, twin), (error) => isProblem(error, 'LISTEN_FAILED'));
    await host.router.unpublish(shop);
    assert.equal((await get(listen, '/', { host: 'shop.example' })).status, 503);
    assert.match((await get(listen, '/', { host: 'blog.example' })).text, /^v1/);
    await host.router.unpublish(blog);
    await assert.rejects(get(listen), /ECONNREFUSED/);
  });

  test('an address for previews and one for metrics are added under load by soft drain, and lose nothing', async () => {
    const [listen, preview, metrics] = [await freeAddress(), await freeAddress(), await freeAddress()];
    const target = await publish(listen, {});
    const [old] = await proxies(listen);
    const served = async () => (await countsOf(host.router, { target, slot: 'blue' })).requests;
    const settings = { preview: { port: preview.port }, metrics: metrics.port };
    assert.equal(await host.router.vet(target, { listen, settings }), undefined);
    const met = await underLoad(listen, ['v1'], async () => {
      await eventually('there is load', async () => (await served()) > 50);
      await host.router.publish(target, { listen, settings });
      assert.match((await get(listen)).text, /^v1/);
      assert.match((await get({ ...preview, host: listen.host })).text, /^v2/);
      const page = await get({ ...metrics, host: '127.0.0.1' }, '/metrics');
      assert.match(page.text, /gonogo_proxy_workers 1/);
      await eventually('there is load still', async () => (await served()) > 50);
    });
    assert.deepEqual(met, nothingLost);
    await eventually('the old one has ended', async () => {
      const alive = await proxies(listen);
      return alive.length === 1 && alive[0]?.pid !== old?.pid;
    });
    await host.router.publish(target, { listen });
    await eventually('nobody listens for previews', async () => {
      const met = await get({ ...preview, host: listen.host }).catch((error) => String(error));
      return typeof met === 'string' && met.includes('ECONNREFUSED');
    });
    assert.match((await get(listen)).text, /^v1/);
  });

  test('a slot is drained also of those whose proxy was replaced since they came', async () => {
    const [listen, preview] = [await freeAddress(), await freeAddress()];
    const target = await publish(listen, { drain: { websockets: 300 } });
    const socket = holdWebSocket(listen);
    await socket.begun;
    const settings = { preview: { port: preview.port }, drain: { websockets: 300 } };
    await host.router.publish(target, { listen, settings });
    await shift(host.router, target, all('green'));
    assert.deepEqual(await host.router.drain({ target, slot: 'blue' }, 10_000), { closed: 1, cut: 0 });
    await socket.stop();
    await eventually('the old one has ended', async () => (await proxies(listen)).length === 1);
    assert.deepEqual(await host.router.drain({ target, slot: 'blue' }, 10_000), { closed: 0, cut: 0 });
  });

  test('a flip is acknowledged by a proxy that was replaced too: who has stayed with it goes where all go', async () => {
    const listen = await freeAddress();
    const target = await publish(listen, {});
    const kept = await Promise.all(Array.from({ length: 10 }, () => keepConnection(listen)));
    const preview = { port: (await freeAddress()).port };
    await host.router.publish(target, { listen, settings: { preview } });
    for (const [i, one] of kept.entries()) {
      const slot = i % 2 === 0 ? 'green' : 'blue';
      await shift(host.router, target, all(slot));
      const answer = await one.ask();
      assert.match(answer, slot === 'green' ? /v2/ : /v1/, `after flip ${i}`);
      assert.match(answer, /\r\nConnection: close\r\n/, 'it is the old one that answers');
      one.socket.destroy();
    }
  });

  test('an address for previews that is taken is refused, and nothing changes', async () => {
    const listen = await freeAddress();
    const target = await publish(listen, {});
    const taken = net.createServer();
    await new Promise<void>((resolve) => taken.listen(0, listen.host, resolve));
    const { port } = taken.address() as net.AddressInfo;
    const route = { listen, settings: { preview: { port } } };
    assert.match((await host.router.vet(target, route)) ?? '', new RegExp(`:${port}: something else`));
    const before = await proxies(listen);
    await assert.rejects(host.router.publish(target, route), (error) => isProblem(error, 'LISTEN_FAILED'));
    assert.deepEqual(
      (await proxies(listen)).map(({ pid }) => pid),
      before.map(({ pid }) => pid),
    );
    assert.match((await get(listen)).text, /^v1/);
    const fresh = { ...route, listen: await freeAddress() };
    await assert.rejects(host.router.publish(newTarget(), fresh), (error) =>
      isProblem(error, 'LISTEN_FAILED'),
    );
    await assert.rejects(get(fresh.listen), /ECONNREFUSED/);
    new net.BoundSocket(fresh.listen).close(); // Nobody holds it.
    await new Promise((resolve) => taken.close(resolve));
  });

  test('workers share an address: every flip is acknowledged by all of them, and their counts are one', async () => {
    const listen = await freeAddress();
    const target = await publish(listen, { workers: 2 });
    assert.equal((await proxies(listen)).length, 2);
    const met = await underLoad(listen, ['v1', 'v2'], async () => {
      for (let i = 0; i < 20; i += 1) {
        const slot = i % 2 === 0 ? 'green' : 'blue';
        await shift(host.router, target, all(slot));
        const answers = await Promise.all(Array.from({ length: 12 }, () => get(listen)));
        for (const { text } of answers)
          assert.match(text, slot === 'green' ? /^v2/ : /^v1/, `after flip ${i}`);
      }
    });
    assert.deepEqual(met, nothingLost);
    const counts = await Promise.all(
      (['blue', 'green'] as const).map((slot) => countsOf(host.router, { target, slot })),
    );
    const total = counts.reduce((all, one) => all + one.requests, 0);
    assert.ok(total >= 240, `${total} requests were counted`);
    assert.equal((await host.router.observe(target)).settled, true);
    assert.equal((await host.router.drain({ target, slot: 'green' }, 10_000)).cut, 0);
  });

  test('a worker that dies comes back with what the others serve, also in the middle of a flip', async () => {
    const listen = await freeAddress();
    const target = await publish(listen, { workers: 2 });
    const second = async () => (await proxies(listen)).find((one) => one.key.endsWith('/1.0'))?.pid ?? 0;
    const pid = await second();
    const prepared = await host.router.prepare({ target, from: all('blue'), to: all('green') }, 1);
    process.kill(pid, 'SIGKILL');
    await host.router.commit(prepared);
    for (let i = 0; i < 20; i += 1) assert.match((await get(listen)).text, /^v2/);
    assert.notEqual(await second(), pid);
    const [first, other] = await host.router.counters({ target, slot: 'green' });
    process.kill(await second(), 'SIGKILL');
    await shift(host.router, target, all('blue'));
    for (let i = 0; i < 20; i += 1) assert.match((await get(listen)).text, /^v1/);
    const after = await host.router.counters({ target, slot: 'green' });
    assert.equal(after[0]?.incarnation, first?.incarnation, 'who lived on has lost nothing');
    assert.notEqual(after[1]?.incarnation, other?.incarnation);
    await host.router.publish(target, { listen });
    await eventually('one is enough', async () => (await proxies(listen)).length === 1);
    assert.match((await get(listen)).text, /^v1/);
  });

  test('a front without a usable certificate is refused before anything is touched', async () => {
    const listen = await freeAddress();
    const target = newTarget();
    const route = { listen, settings: { tls: { certificate: '/nowhere.pem', key: '/nowhere.key' } } };
    assert.match((await host.router.vet(target, route)) ?? '', /no certificate: .*nowhere/);
    published.push(target);
    await assert.rejects(host.router.publish(target, route), (error) =>
      isProblem(error, 'CERTIFICATE_UNUSABLE'),
    );
    assert.equal((await host.router.observe(target)).generation, 0);
    await assert.rejects(get(listen), /ECONNREFUSED/);
  });

  test('a flip at a front that speaks TLS is confirmed through it', { skip: needs('openssl') }, async () => {
    const listen = await freeAddress();
    const { ca: _, ...tls } = await makeCertificate(host.state.root, 'shop', ['shop.example']);
    const target = await publish(listen, { hosts: ['shop.example'], path: '/api', tls });
    assert.equal(await host.router.whoAnswers(target, '/readyz'), 'blue');
    await shift(host.router, target, all('green'));
    assert.equal(await host.router.whoAnswers(target, '/api/readyz'), 'green');
  });

  test('the secret of the preview is known by its digest alone', async () => {
    const listen = await freeAddress();
    const target = await publish(listen, {});
    const settings = { preview: { secret: 'PREVIEW_KEY' } };
    await host.router.publish(target, { listen, settings, previewSecret: 'hunter2' });
    assert.match((await get(listen, '/', { 'gonogo-preview': 'hunter2' })).text, /^v2/);
    assert.match((await get(listen, '/', { 'gonogo-preview': 'PREVIEW_KEY' })).text, /^v1/);
    assert.match((await get(listen)).text, /^v1/);
  });

  test('instances are asked for the host that the service says, and told of the one that users asked for', async (t) => {
    const server = createServer(({ headers }, response) => {
      response.end(`${headers.host} for ${headers['x-forwarded-host']}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close().closeAllConnections());
    const { port } = server.address() as net.AddressInfo;
    const listen = await freeAddress();
    const target = await publish(listen, { upstreamHost: 'shop.internal' }, { blue: port, green: port });
    const headers = { host: 'shop.example' };
    assert.equal((await get(listen, '/', headers)).text, 'shop.internal for shop.example');
    await host.router.publish(target, { listen });
    assert.equal((await get(listen, '/', headers)).text, 'shop.example for shop.example');
  });

  test('an asset that one release lacks is answered by the other, if that is there', async (t) => {
    const changes: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      if (request.method !== 'GET') changes.push(request.method);
      response.writeHead(request.url === '/' ? 200 : 404).end('new');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close().closeAllConnections());
    const { port } = server.address() as net.AddressInfo;
    const listen = await freeAddress();
    const target = await publish(listen, { assets: true }, { blue: port, green: green.port });
    assert.equal((await get(listen)).text, 'new');
    assert.match((await get(listen, '/app.3f2a1b9c.js')).text, /^v2/);
    assert.equal((await get(listen, '/app.js')).status, 404);
    const remove = `DELETE /app.3f2a1b9c.js HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    assert.match((await raw(listen.port, remove)).text, /^HTTP\/1.1 404 /);
    assert.deepEqual(changes, ['DELETE'], 'only what changes nothing is asked of both');
    await tell(host.router, target, { slot: 'green', ports: [(await freeAddress()).port] });
    const { status, text } = await get(listen, '/app.3f2a1b9c.js');
    assert.deepEqual([status, text], [404, 'there is nothing here\n']);
  });
});
