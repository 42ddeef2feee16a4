import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isProblem } from '../../errors.ts';
import { systemClock } from '../../system/clock.ts';
import { ownerText } from '../../system/owner.ts';
import { identify } from '../../system/process.ts';
import { stateFolder } from '../../system/state.ts';
import { openStores, type Stores } from './index.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-leases-'));
const stores: Stores = await openStores(stateFolder(root), systemClock);
after(async () => {
  await stores.close();
  await rm(root, { recursive: true, force: true });
});
const { leases } = stores;

test('a released lease is free at once, and its fence never comes again', async () => {
  const first = await leases.claim('released', 'one', 60_000);
  await first.release();
  assert.equal(await leases.holder('released'), undefined);
  const second = await leases.claim('released', 'two', 60_000);
  assert.ok(second.fence > first.fence);
  await first.release();
  assert.equal((await leases.holder('released'))?.owner, 'two');
});

test('a lease that is renewed is refused to others, by its owner’s name', async () => {
  const lease = await leases.claim('renewed', 'one', 2000);
  const timer = setInterval(() => void lease.renew(), 20);
  try {
    await assert.rejects(leases.claim('renewed', 'two', 2000), (error) => {
      assert.ok(isProblem(error, 'LEASE_HELD'));
      return error.message.includes('one');
    });
  } finally {
    clearInterval(timer);
  }
  await lease.renew();
});

test('a lease that nobody renews for its time is taken over, and its holder learns of it', async () => {
  const lease = await leases.claim('silent', 'one', 300);
  const before = performance.now();
  const taken = await leases.claim('silent', 'two', 300);
  assert.ok(performance.now() - before >= 300, 'not before its time');
  assert.ok(taken.fence > lease.fence);
  await assert.rejects(lease.renew(), (e) => isProblem(e, 'LEASE_LOST'));
});

test('a lease whose wall-clock times are long past is not taken over while its time runs here', async () => {
  const past = await openStores(stateFolder(root), { ...systemClock, wall: () => 0 });
  try {
    await past.leases.claim('past', 'one', 300);
    const before = performance.now();
    await leases.claim('past', 'two', 300);
    assert.ok(performance.now() - before >= 300);
  } finally {
    await past.close();
  }
});

test('a lease of a process that died is taken over at once', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const identity = identify(child.pid ?? 0);
  assert.ok(identity);
  const owner = ownerText('agent', identity);
  await leases.claim('dead', owner, 600_000);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await leases.claim('dead', 'two', 600_000);
  assert.equal((await leases.holder('dead'))?.owner, 'two');
});

test('of many that claim an abandoned lease at once, one gets it', async () => {
  await leases.claim('race', 'gone', 100);
  const won = await Promise.allSettled(
    Array.from({ length: 5 }, (_, i) => leases.claim('race', `n${i}`, 60_000)),
  );
  const fences = won.flatMap((one) => (one.status === 'fulfilled' ? [one.value.fence] : []));
  assert.equal(fences.length, 1, 'the others see a living holder');
});
