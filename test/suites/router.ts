import assert from 'node:assert/strict';
import net from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startMixedLoad } from '../../bench/strict-client/mixed.ts';
import { startUpstream, type Upstream } from '../../bench/strict-client/upstream.ts';
import { all } from '../../packages/gonogo/src/domain/split.ts';
import { isProblem } from '../../packages/gonogo/src/errors.ts';
import type { Router } from '../../packages/gonogo/src/ports/router.ts';
import { freeAddress } from './addresses.ts';
import { eventually } from './eventually.ts';
import {
  countsOf,
  get,
  newTarget,
  publish,
  publishTwo,
  share,
  shift,
  startHeld,
  tell,
  unpublishAll,
} from './router-tools.ts';

/** What a driver brings to be proved: a router on a fresh host, and how to start anew as after a crash of the agent. */
export type RouterHost = {
  readonly router: Router;
  /** Another router object over the same host; nothing is carried over in memory. */
  again(): Promise<Router>;
  close(): Promise<void>;
};

const nothingLeft = { closed: 0, cut: 0 };

/** What every router must do, whatever it is made of. */
export function routerSuite(name: string, makeHost: () => Promise<RouterHost>): void {
  describe(`the ${name} router`, () => {
    let host: RouterHost;
    let router: Router;
    let blue: Upstream;
    let green: Upstream;
    before(async () => {
      host = await makeHost();
      router = host.router;
      [blue, green] = await Promise.all([startUpstream('v1'), startUpstream('v2')]);
    });
    after(async () => {
      await Promise.all([host?.close(), blue?.close(), green?.close()]);
    });
    afterEach(unpublishAll);

    test('a target without a route is served by nobody, and is unpublished and drained already', async () => {
      const target = newTarget();
      assert.deepEqual(await router.observe(target), { split: 'nobody', generation: 0, settled: true });
      await router.unpublish(target);
      assert.deepEqual(await router.drain({ target, slot: 'blue' }, 10), nothingLeft);
      assert.equal(await router.whoAnswers(target, '/'), undefined);
    });

    test('a published target answers 503 until somebody serves it, and publishing again changes nothing', async () => {
      const [target, listen] = [newTarget(), await freeAddress()];
      await publish(router, target, listen);
      assert.equal((await get(listen)).status, 503);
      const first = await router.observe(target);
      assert.equal(first.split, 'nobody');
      await router.publish(target, { listen });
      assert.deepEqual(await router.observe(target), first);
      assert.equal(await router.whoAnswers(target, '/'), undefined);
    });

    test('a flip moves the next request, and says so only when it has', async () => {
      const { target, listen } = await publishTwo(router, blue, green);
      assert.match((await get(listen)).text, /^v1/);
      const before = await router.observe(target);
      const prepared = await router.prepare({ target, from: all('blue'), to: all('green') }, 1);
      assert.match((await get(listen)).text, /^v1/);
      const { generation, ms } = await router.commit(prepared);
      assert.match((await get(listen)).text, /^v2/);
      assert.equal(await router.whoAnswers(target, '/'), 'green');
      assert.equal(generation, before.generation + 1);
      assert.ok(ms >= 0 && ms < 10_000);
      assert.deepEqual(await router.observe(target), { split: all('green'), generation, settled: true });
    });

    test('membership never moves the generation', async () => {
      const { target, listen } = await publishTwo(router, blue, green);
      const { generation } = await router.observe(target);
      await tell(router, target, { slot: 'blue', ports: [green.port] });
      assert.equal((await router.observe(target)).generation, generation);
      assert.match((await get(listen)).text, /^v2/);
      await tell(router, target, { slot: 'blue', ports: [] });
      assert.equal((await get(listen)).status, 503);
    });

    test('a shift planned on another split is refused, also when it was overtaken after it was prepared', async () => {
      const { target } = await publishTwo(router, blue, green);
      const wrong = { target, from: all('green'), to: all('blue') };
      await assert.rejects(router.prepare(wrong, 1), (error) => isProblem(error, 'ROUTER_MOVED'));
      const late = await router.prepare({ target, from: all('blue'), to: 'nobody' }, 1);
      await shift(router, target, all('green'));
      await assert.rejects(router.commit(late), (error) => isProblem(error, 'ROUTER_MOVED'));
      assert.deepEqual((await router.observe(target)).split, all('green'));
    });

    test('a lease that was taken over can neither prepare nor commit any more', async () => {
      const { target } = await publishTwo(router, blue, green);
      const old = await router.prepare({ target, from: all('blue'), to: all('green') }, 3);
      await router.prepare({ target, from: all('blue'), to: 'nobody' }, 4);
      await assert.rejects(router.commit(old), (error) => isProblem(error, 'LEASE_LOST'));
      const again = { target, from: all('blue'), to: all('green') };
      await assert.rejects(router.prepare(again, 3), (error) => isProblem(error, 'LEASE_LOST'));
      assert.deepEqual((await router.observe(target)).split, all('blue'));
    });

    test('a dropped shift changes nothing, and cannot be committed', async () => {
      const { target } = await publishTwo(router, blue, green);
      const before = await router.observe(target);
      const prepared = await router.prepare({ target, from: all('blue'), to: all('green') }, 1);
      await router.drop(prepared);
      await assert.rejects(router.commit(prepared));
      assert.deepEqual(await router.observe(target), before);
    });

    test('weights divide the requests, and by-instances serves both slots by their size', async (t) => {
      if (!router.can.weights) return t.skip('this router has no weights');
      const { target, listen } = await publishTwo(router, blue, green);
      await shift(router, target, { blue: 75, green: 25 });
      assert.deepEqual(await share(listen, 40), { v1: 30, v2: 10 });
      await shift(router, target, 'by-instances');
      await tell(router, target, { slot: 'green', ports: [] });
      assert.deepEqual(await share(listen, 10), { v1: 10, v2: 0 });
    });

    test('what is in flight at a flip is answered by its old slot, and drain waits for exactly that', async () => {
      const held = await startHeld();
      const { target, listen } = await publishTwo(router, held, green);
      const early = get(listen);
      await eventually('the request arrives', () => held.waiting() === 1);
      await shift(router, target, all('green'));
      assert.match((await get(listen)).text, /^v2/);
      const slot = { target, slot: 'blue' } as const;
      assert.deepEqual(await router.drain(slot, 50), { closed: 0, cut: 1 });
      const drained = router.drain(slot, 20_000);
      held.release();
      assert.equal((await early).text, 'held');
      assert.deepEqual(await drained, nothingLeft);
      await held.close();
    });

    test('an instance that is a member no more drains by itself, while its slot goes on serving', async () => {
      const held = await startHeld();
      const { target, listen } = await publishTwo(router, held, green);
      const slot = { target, slot: 'blue' } as const;
      const early = get(listen);
      await eventually('the request arrives', () => held.waiting() === 1);
      await tell(router, target, { slot: 'blue', ports: [blue.port] });
      assert.match((await get(listen)).text, /^v1/);
      assert.deepEqual(await router.drain(slot, 10_000, [`blue-${blue.port}`]), nothingLeft);
      const left = [`blue-${held.port}`];
      assert.deepEqual(await router.drain(slot, 50, left), { closed: 0, cut: 1 });
      const drained = router.drain(slot, 20_000, left);
      held.release();
      assert.equal((await early).text, 'held');
      assert.deepEqual(await drained, nothingLeft);
      await held.close();
    });

    test('held requests are answered after a cutover, though nobody served meanwhile', async (t) => {
      if (!router.can.hold) return t.skip('this router cannot hold requests');
      const { target, listen } = await publishTwo(router, blue, green);
      await router.hold(target, { atMost: 100, within: 60_000 });
      await shift(router, target, 'nobody');
      const early = Array.from({ length: 5 }, () => get(listen));
      await sleep(100);
      await shift(router, target, all('green'));
      await router.release(target);
      for (const answer of await Promise.all(early)) assert.match(answer.text, /^v2/);
      await router.hold(target, { atMost: 100, within: 100 });
      assert.match((await get(listen)).text, /^v2/);
    });

    test('counters count requests, errors and latency of each slot', async () => {
      const broken = await startHeld(500);
      const { target, listen } = await publishTwo(router, blue, broken);
      await get(listen);
      await get(listen);
      await shift(router, target, all('green'));
      const failing = get(listen);
      await eventually('the request arrives', () => broken.waiting() === 1);
      assert.equal((await countsOf(router, { target, slot: 'green' })).inFlight, 1);
      broken.release();
      assert.equal((await failing).status, 500);
      const [b, g] = await Promise.all(
        (['blue', 'green'] as const).map((slot) => countsOf(router, { target, slot })),
      );
      assert.deepEqual([b?.requests, b?.errors, b?.inFlight], [2, 0, 0]);
      assert.deepEqual([g?.requests, g?.errors, g?.inFlight], [1, 1, 0]);
      assert.equal(b?.latency.counts.length, (b?.latency.bounds.length ?? 0) + 1);
      assert.equal(
        b?.latency.counts.reduce((sum, count) => sum + count, 0),
        2,
      );
      await broken.close();
    });

    test('counters of a slot that was empty begin anew, because somebody else is in it', async (t) => {
      const broken = await startHeld(500);
      t.after(broken.close);
      const { target, listen } = await publishTwo(router, broken, green);
      const cut = get(listen);
      await eventually('the request arrives', () => broken.waiting() === 1);
      const before = await countsOf(router, { target, slot: 'blue' });
      await tell(router, target, { slot: 'blue', ports: [] });
      await tell(router, target, { slot: 'blue', ports: [blue.port] });
      broken.release();
      assert.equal((await cut).status, 500);
      await get(listen);
      const after = await countsOf(router, { target, slot: 'blue' });
      assert.notDeepEqual(after.incarnations, before.incarnations);
      assert.deepEqual([after.requests, after.errors, after.inFlight], [1, 0, 0]);
    });

    test('a router without memory finds the routes there are, and flips them', async () => {
      const { target, listen } = await publishTwo(router, blue, green);
      const other = await host.again();
      assert.deepEqual(await other.observe(target), await router.observe(target));
      await other.publish(target, { listen });
      await shift(other, target, all('green'));
      assert.equal(await router.whoAnswers(target, '/'), 'green');
    });

    test('an address that is taken is refused by vet and publish in one sentence, and leaves no route', async () => {
      const taken = net.createServer();
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      const listen = { host: '127.0.0.1', port: (taken.address() as net.AddressInfo).port };
      const target = newTarget();
      assert.match((await router.vet(target, { listen })) ?? '', new RegExp(`127.0.0.1:${listen.port}`));
      await assert.rejects(router.publish(target, { listen }), (error) => isProblem(error, 'LISTEN_FAILED'));
      assert.equal((await router.observe(target)).generation, 0);
      await new Promise((resolve) => taken.close(resolve));
      assert.equal(await router.vet(target, { listen }), undefined);
    });

    test('another target does not get an address that serves one already', async () => {
      const { target, listen } = await publishTwo(router, blue, green);
      const other = newTarget();
      assert.equal(await router.vet(target, { listen }), undefined);
      assert.match((await router.vet(other, { listen })) ?? '', new RegExp(target.service));
      await assert.rejects(router.publish(other, { listen }), (error) => isProblem(error, 'LISTEN_FAILED'));
      assert.match((await get(listen)).text, /^v1/);
    });

    test('an unpublished front accepts nobody, and can be published again', async () => {
      const { target, listen } = await publishTwo(router, blue, green);
      await router.unpublish(target);
      await assert.rejects(get(listen), /ECONNREFUSED/);
      assert.equal((await router.observe(target)).generation, 0);
      assert.equal(await router.vet(target, { listen }), undefined);
      await router.publish(target, { listen });
      assert.equal((await get(listen)).status, 503);
    });

    test('fifty flips under load lose no request, no WebSocket and no stream', async () => {
      const { target, listen } = await publishTwo(router, blue, green);
      const load = await startMixedLoad({ ...listen, versions: ['v1', 'v2'], rate: 150, longLived: 2 });
      for (let i = 0; i < 50; i += 1) {
        await shift(router, target, all(i % 2 === 0 ? 'green' : 'blue'));
        await sleep(10);
      }
      const sum = await load.stop();
      assert.deepEqual(sum.examples, []);
      assert.deepEqual([sum.failed, sum.websocketsBroken, sum.streamsBroken], [0, 0, 0]);
      assert.ok(sum.keepAlive.requests > 20 && sum.short.requests > 20 && sum.post.requests > 20);
    });
  });
}
