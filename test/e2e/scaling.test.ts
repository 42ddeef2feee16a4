import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  EnvironmentStatus,
  PlanView,
  RolloutDetail,
  SlotStatus,
} from '../../packages/gonogo/src/api/contract.ts';
import { type StrictClient, startStrictClient } from '../../packages/gonogo/src/system/strict-client.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { type Site, writeSite } from './support/site.ts';

/** Waits before it answers, as an application does that asks a database. */
const slow = `
const end = http.ServerResponse.prototype.end;
http.ServerResponse.prototype.end = function (text) {
  setTimeout(() => end.call(this, text), this.req.url === '/ready' ? 0 : 200);
};`;

const site = {
  before: slow,
  run: '\n  replicas: { max: 3, in_flight: 4, down_after: 1s }',
  watch: 'watch: { for: 1s, min_requests: 20 }',
} satisfies Site;

async function deploy(sandbox: Sandbox, changes: Site): Promise<RolloutDetail> {
  await writeSite(sandbox, { ...site, ...changes });
  const done = await sandbox.run(['deploy', 'production', '--format', 'json']);
  assert.equal(done.code, 0, done.said());
  return done.json<RolloutDetail>();
}

/** The sizes that a deploy of these changes would give its pools. */
async function planned(sandbox: Sandbox, changes: Site): Promise<number[]> {
  await writeSite(sandbox, { ...site, ...changes });
  const { steps } = (
    await sandbox.run(['deploy', 'production', '--plan', '--format', 'json'])
  ).json<PlanView>();
  return steps.flatMap(({ does }) => /^run (\d+) in/.exec(does)?.slice(1).map(Number) ?? []);
}

async function live(sandbox: Sandbox): Promise<SlotStatus> {
  const done = await sandbox.run(['status', '--format', 'json']);
  const slot = done.json<EnvironmentStatus[]>()[0]?.slots.find(({ role }) => role === 'live');
  assert.ok(slot, done.said());
  return slot;
}

/** A size follows its load after one period of 15 s or two; on a busy machine this is still plenty. */
async function untilRunning(sandbox: Sandbox, count: number): Promise<SlotStatus> {
  const deadline = performance.now() + 120_000;
  for (;;) {
    const slot = await live(sandbox);
    if (slot.instances.length === count) return slot;
    assert.ok(performance.now() < deadline, `${count} instances: ${JSON.stringify(slot)}`);
    await sleep(500);
  }
}

const users = (front: RolloutDetail['front'], connections: number): StrictClient =>
  startStrictClient({ ...(front ?? assert.fail('no front')), connections });

async function nothingLost(client: StrictClient): Promise<void> {
  const { requests, failed, examples } = await client.stop();
  assert.ok(requests > 50, `${requests} requests`);
  assert.equal(failed, 0, examples.join('\n'));
}

test('instances follow the requests in flight, deploys keep their number, and no request is lost', async (t) => {
  const sandbox = await makeSandbox(t);
  const { front } = await deploy(sandbox, {});
  assert.equal((await live(sandbox)).instances.length, 1);

  const many = users(front, 12);
  t.after(() => many.stop());
  const { scaling } = await untilRunning(sandbox, 3);
  assert.equal(scaling?.count, 3);
  assert.equal(scaling.by, 'in_flight');

  for (const strategy of ['blue-green', 'rolling']) {
    const next = { says: strategy, strategy };
    const sizes = strategy === 'rolling' ? [1, 2, 2, 1, 3] : [3];
    assert.deepEqual(await planned(sandbox, next), sizes, `${strategy}: as many as serve`);
    await deploy(sandbox, next);
    assert.equal((await live(sandbox)).instances.length, 3);
  }
  await nothingLost(many);

  const few = users(front, 2);
  t.after(() => few.stop());
  const { instances } = await untilRunning(sandbox, 1);
  assert.equal(instances[0]?.state, 'running');
  await nothingLost(few);
  await sandbox.stop();
});
