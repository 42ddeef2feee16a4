import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { startMixedLoad } from '../../../../../bench/strict-client/mixed.ts';
import { startUpstream, type Upstream } from '../../../../../bench/strict-client/upstream.ts';
import { freeAddress } from '../../../../../test/suites/addresses.ts';
import { eventually } from '../../../../../test/suites/eventually.ts';
import { routerSuite } from '../../../../../test/suites/router.ts';
import { type EmbeddedHost, routerHost } from '../../../../../test/suites/router-host.ts';
import { countsOf, get, publishTwo, shift, unpublishAll } from '../../../../../test/suites/router-tools.ts';
import { all } from '../../domain/split.ts';
import { isProblem } from '../../errors.ts';
import { identify } from '../../system/process.ts';
import { startStrictClient } from '../../system/strict-client.ts';
import { controlSocket, listenOf, logFile, proxyId, proxyKey, routesFile } from './render.ts';

routerSuite('embedded', routerHost);

describe('the embedded router and its proxy', () => {
  let host: EmbeddedHost;
  let blue: Upstream;
  let green: Upstream;
  before(async () => {
    host = await routerHost();
    [blue, green] = await Promise.all([startUpstream('v1'), startUpstream('v2')]);
  });
  after(async () => {
    await Promise.all([host?.close(), blue?.close(), green?.close()]);
  });
  afterEach(unpublishAll);
  const pidOf = async (id: string): Promise<number> => {
    const proxy = (await host.keeper.call('list', undefined)).find((one) => one.key === proxyKey(id));
    return proxy && !proxy.ended ? proxy.pid : 0;
  };

  test('a proxy that is killed under load serves its last routes again by itself, and no new connection fails', async () => {
    const { target, listen } = await publishTwo(host.router, blue, green);
    await shift(host.router, target, all('green'));
    const pid = await pidOf(proxyId(listen));
    const client = startStrictClient({
      ...listen,
      keepAlive: false,
      connections: 4,
      rate: 200,
      timeout: 20_000,
    });
    await eventually('there is load', () => client.counts().requests > 50);
    process.kill(pid, 'SIGKILL');
    const killedAt = client.counts().requests;
    await eventually('there is load again', () => client.counts().requests > killedAt + 100);
    const { losses, failed } = await client.stop();
    assert.equal(losses.connect, 0);
    assert.ok(failed <= 4, `only what was under way may be lost, not ${failed}: ${JSON.stringify(losses)}`);
    assert.notEqual(await pidOf(proxyId(listen)), pid);
    assert.match((await get(listen)).text, /^v2/);
    assert.deepEqual((await host.router.observe(target)).split, all('green'));
  });

  test('a flip whose proxy was killed after it was prepared is done by the next proxy', async () => {
    const { target, listen } = await publishTwo(host.router, blue, green);
    const prepared = await host.router.prepare({ target, from: all('blue'), to: all('green') }, 1);
    process.kill(await pidOf(proxyId(listen)), 'SIGKILL');
    const { generation } = await host.router.commit(prepared);
    assert.equal(generation, (await host.router.observe(target)).generation);
    assert.equal(await host.router.whoAnswers(target, '/'), 'green');
  });

  test('a proxy that outlived its keeper is accepted, not replaced', async () => {
    const { target, listen } = await publishTwo(host.router, blue, green);
    const pid = await pidOf(proxyId(listen));
    const load = await startMixedLoad({ ...listen, versions: ['v1', 'v2'], rate: 50, longLived: 1 });
    await host.replaceKeeper();
    const router = await host.again();
    assert.equal(await router.vet(target, { listen }), undefined);
    await router.publish(target, { listen });
    await shift(router, target, all('green'));
    const sum = await load.stop();
    assert.deepEqual([sum.examples, sum.failed], [[], 0]);
    process.kill(pid, 0);
    await router.unpublish(target);
    assert.equal(identify(pid), undefined, 'nobody listens there any more once it is unpublished');
    await assert.rejects(get(listen), /ECONNREFUSED/);
  });

  test('a proxy that does not answer any more is ended when its last route goes', async () => {
    const { target, listen } = await publishTwo(host.router, blue, green);
    const pid = await pidOf(proxyId(listen));
    process.kill(pid, 'SIGSTOP');
    await host.router.unpublish(target);
    await eventually('it has ended', () => identify(pid) === undefined);
    await assert.rejects(get(listen), /ECONNREFUSED/);
  });

  test('a proxy that dies after its keeper is started again by itself, where it served', async (t) => {
    const { target, listen } = await publishTwo(host.router, blue, green);
    await shift(host.router, target, all('green'));
    const pid = await pidOf(proxyId(listen));
    const tending = new AbortController();
    t.after(() => tending.abort());
    await host.again({ signal: tending.signal, failed: (error) => t.diagnostic(String(error)) });
    await host.replaceKeeper();
    process.kill(pid, 'SIGKILL');
    await eventually('it serves again', async () =>
      (await get(listen).catch(() => ({ text: '' }))).text.startsWith('v2'),
    );
    assert.deepEqual((await host.router.observe(target)).split, all('green'));
    assert.notEqual(await pidOf(proxyId(listen)), 0);
  });

  test('a route that was taken away is not started again', async (t) => {
    const { target, listen } = await publishTwo(host.router, blue, green);
    const tending = new AbortController();
    t.after(() => tending.abort());
    const router = await host.again({
      signal: tending.signal,
      failed: (error) => assert.fail(String(error)),
    });
    await host.replaceKeeper();
    await router.unpublish(target);
    await setTimeout(2500); // More than two looks.
    await assert.rejects(get(listen), /ECONNREFUSED/);
    assert.equal(await pidOf(proxyId(listen)), 0);
  });

  test('a route that shall listen elsewhere moves there with its split and its instances', async () => {
    const { target, listen } = await publishTwo(host.router, blue, green);
    await shift(host.router, target, all('green'));
    const elsewhere = await freeAddress();
    await host.router.publish(target, { listen: elsewhere });
    assert.match((await get(elsewhere)).text, /^v2/);
    assert.equal(await host.router.whoAnswers(target, '/'), 'green');
    await assert.rejects(get(listen), /ECONNREFUSED/);
  });

  test('a torn routes file is refused in one sentence, and is never taken for "no routes"', async () => {
    const { target, listen } = await publishTwo(host.router, blue, green);
    const id = proxyId(listen);
    const path = routesFile(host.state.proxies, id);
    const whole = await readFile(path, 'utf8');
    await writeFile(path, whole.slice(0, whole.length / 2));
    process.kill(await pidOf(id), 'SIGKILL');
    await eventually('the proxy refuses', async () =>
      (await readFile(logFile(host.state.proxies, id), 'utf8')).includes('cannot be read'),
    );
    await assert.rejects(host.router.observe(target), (error) => isProblem(error, 'ROUTES_UNREADABLE'));
    assert.equal(await readFile(path, 'utf8'), whole.slice(0, whole.length / 2));
    await writeFile(path, whole);
    await eventually('it serves again', async () => (await get(listen)).text.startsWith('v1'));
  });

  test('nobody else may read what a proxy leaves in the state folder', async () => {
    const { listen } = await publishTwo(host.router, blue, green);
    for (const path of [controlSocket, routesFile, logFile]) {
      const { mode } = await stat(path(host.state.proxies, proxyId(listen)));
      assert.equal(mode & 0o777, 0o600, path.name);
    }
    assert.equal((await stat(host.state.proxies)).mode & 0o777, 0o700);
  });

  test('calls made while the proxy is away wait for it, and then say why it does not answer', async () => {
    const { target, listen } = await publishTwo(host.router, blue, green);
    const id = proxyId(listen);
    const pid = await pidOf(id);
    process.kill(pid, 'SIGKILL');
    assert.deepEqual((await host.router.observe(target)).split, all('blue'));
    await host.keeper.call('forget', { key: proxyKey(id) });
    await host.keeper.call('signal', { key: proxyKey(id), signal: 'SIGKILL' });
    await eventually('it is gone', async () => (await pidOf(id)) === 0);
    await assert.rejects(host.router.observe(target), (error) => isProblem(error, 'PROXY_UNREACHABLE'));
    await host.router.publish(target, { listen });
    assert.match((await get(listen)).text, /^v1/);
  });

  test('a request cannot ask who answered it without the secret', async () => {
    const { target, listen } = await publishTwo(host.router, blue, green);
    const answer = await fetch(`http://127.0.0.1:${listen.port}/`, {
      headers: { 'gonogo-confirm': 'guess' },
    });
    assert.equal(answer.headers.get('gonogo-slot'), null);
    assert.equal(await host.router.whoAnswers(target, '/'), 'blue');
    assert.equal((await countsOf(host.router, { target, slot: 'blue' })).requests, 1);
  });
});

test('the name of a proxy says its address, for IPv6 too', () => {
  for (const host of ['127.0.0.1', '0.0.0.0', '::', '::1', 'fe80::1:2']) {
    assert.deepEqual(listenOf(proxyId({ host, port: 80 })), { host, port: 80 });
    assert.match(proxyId({ host, port: 80 }), /^[0-9a-zA-Z._-]+$/);
  }
});
