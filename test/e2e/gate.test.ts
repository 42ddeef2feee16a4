import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import type { EnvironmentStatus, PlanView, RolloutDetail } from '../../packages/gonogo/src/api/contract.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { askFront, writeSite } from './support/site.ts';

const approve = (rest = ''): string => `approve: { within: 10m${rest} }`;

async function deployed(sandbox: Sandbox, says: string): Promise<RolloutDetail> {
  await writeSite(sandbox, { says });
  const done = await sandbox.run(['deploy', 'production', '--format', 'json']);
  assert.equal(done.code, 0, done.said());
  return done.json<RolloutDetail>();
}

/** Deploys a release that waits for approval, and leaves it waiting. */
async function waiting(sandbox: Sandbox, says: string, gate = approve()): Promise<void> {
  await writeSite(sandbox, { says, production: gate });
  const done = await sandbox.run(['deploy', 'production', '--no-wait']);
  assert.equal(done.code, 4, done.said());
  assert.match(done.stdout, /waits for approval for .*gonogo approve production/);
}

async function status(sandbox: Sandbox): Promise<EnvironmentStatus> {
  const [environment] = (await sandbox.run(['status', '--format', 'json'])).json<EnvironmentStatus[]>();
  assert.ok(environment);
  return environment;
}

describe('a gate', { concurrency: 2 }, () => {
  test('waits, outlives the agent, and opens when somebody approves', async (t) => {
    const sandbox = await makeSandbox(t);
    const { front } = await deployed(sandbox, 'one');
    assert.ok(front);
    await waiting(sandbox, 'two');
    assert.equal((await askFront(front))?.text, 'one', 'nobody has met the new release');
    assert.match(
      (await sandbox.run(['status'])).stdout,
      /waits at approve for gonogo approve production, and goes back/,
    );
    await sandbox.run(['agent', 'stop']);
    const { rollout } = await status(sandbox);
    assert.equal(rollout?.waiting?.step, 'approve', JSON.stringify(rollout));
    const done = await sandbox.run(['approve', 'production']);
    assert.equal(done.code, 0, done.said());
    assert.match(done.stdout, /the agent was started again; it still waited for an answer at approve/);
    assert.equal((await askFront(front))?.text, 'two');
    const again = await sandbox.run(['approve', 'production']);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /no rollout waits for approval in production/);
    await sandbox.stop();
  });

  test('goes back by itself when nobody answers in time', async (t) => {
    const sandbox = await makeSandbox(t);
    const { front } = await deployed(sandbox, 'one');
    await writeSite(sandbox, { says: 'two', production: 'approve: { within: 1s }' });
    const done = await sandbox.run(['deploy', 'production']);
    assert.equal(done.code, 1, done.said());
    assert.match(done.stdout, /users stayed on site@/);
    assert.match(done.stdout, /nobody answered within 1 s/);
    assert.equal(front && (await askFront(front))?.text, 'one');
    await sandbox.stop();
  });

  test('is left by a rollback, which goes to what was proven before', async (t) => {
    const sandbox = await makeSandbox(t);
    const { front } = await deployed(sandbox, 'one');
    await deployed(sandbox, 'two');
    await waiting(sandbox, 'three');
    const done = await sandbox.run(['rollback', 'production']);
    assert.equal(done.code, 0, done.said());
    assert.equal(front && (await askFront(front))?.text, 'one');
    const { rollout } = await status(sandbox);
    assert.equal(rollout?.kind, 'rollback');
    await sandbox.stop();
  });

  test('stays closed when a rollback that was asked for instead can go nowhere', async (t) => {
    const sandbox = await makeSandbox(t);
    const { front } = await deployed(sandbox, 'one');
    await waiting(sandbox, 'two');
    for (const [args, why] of [
      [['rollback', 'production'], /no earlier proven release/],
      [['rollback', 'production', '--to', 'site@0000000'], /site@0000000 was never proven in production/],
    ] as const) {
      const refused = await sandbox.run([...args]);
      assert.equal(refused.code, 2, refused.said());
      assert.match(refused.stderr, why);
    }
    assert.equal((await status(sandbox)).rollout?.waiting?.step, 'approve', 'nothing was done');
    assert.equal((await sandbox.run(['approve', 'production'])).code, 0);
    assert.equal(front && (await askFront(front))?.text, 'two');
    await sandbox.stop();
  });

  test('opens to nobody when a part of the new release has gone meanwhile: users would crowd the rest', async (t) => {
    const sandbox = await makeSandbox(t);
    const { front } = await deployed(sandbox, 'one');
    await waiting(sandbox, 'two', `replicas: 2\n${approve()}`);
    const next = (await status(sandbox)).slots.find(({ role }) => role === 'next');
    const [pid] = next?.instances.map((one) => one.pid) ?? [];
    assert.ok(front && pid);
    process.kill(pid, 'SIGKILL');
    const done = await sandbox.run(['approve', 'production']);
    assert.equal(done.code, 1, done.said());
    assert.match(done.stdout, /users stayed on site@/);
    assert.match(
      done.stdout,
      /flip .* 1 of 2 instances in green are ready now, so traffic stays where it is/,
    );
    assert.equal((await askFront(front))?.text, 'one');
    await sandbox.stop();
  });

  test('opens to nobody when a stranger answers at the port of the new release', async (t) => {
    const sandbox = await makeSandbox(t);
    const { front } = await deployed(sandbox, 'one');
    await writeSite(sandbox, {
      says: 'two',
      production: approve(),
      before: `setInterval(() => {}, 1000);
process.on('SIGUSR2', () => { server.closeAllConnections(); server.close(() => console.log('left')); });`,
    });
    assert.equal((await sandbox.run(['deploy', 'production', '--no-wait'])).code, 4);
    const next = (await status(sandbox)).slots.find(({ role }) => role === 'next');
    const [instance] = next?.instances ?? [];
    assert.ok(front && instance?.pid);
    process.kill(instance.pid, 'SIGUSR2');
    while (!/left/.test((await sandbox.run(['logs', 'production', '--slot', 'green'])).stdout));
    const { host, port } = instance.address;
    const stranger = createServer((_request, response) => response.end('stranger')).listen(port, host);
    t.after(() => void stranger.close());
    await once(stranger, 'listening');
    const done = await sandbox.run(['approve', 'production']);
    assert.equal(done.code, 1, done.said());
    assert.match(done.stdout, /flip .* 0 of 1 instances in green are ready now/);
    const who = `none of its processes listens on port ${port}: somebody else answered`;
    assert.match(done.stdout, new RegExp(`readiness probe .* from this host: answered 200, but ${who}`));
    assert.equal((await askFront(front))?.text, 'one');
    stranger.closeAllConnections();
    await sandbox.stop();
  });

  test('after a quiet watch is left by a rollback to what served before, which is what was asked for: exit 0', async (t) => {
    const sandbox = await makeSandbox(t);
    const quiet = 'watch: { for: 500ms, quiet: hold }';
    await writeSite(sandbox, { says: 'one', watch: quiet });
    assert.equal((await sandbox.run(['deploy', 'production', '--no-wait'])).code, 4);
    assert.equal((await sandbox.run(['rollback', 'production'])).code, 2, 'nothing served before');
    assert.equal((await sandbox.run(['approve', 'production'])).code, 0);
    await writeSite(sandbox, { says: 'two', watch: quiet });
    assert.equal((await sandbox.run(['deploy', 'production', '--no-wait'])).code, 4);
    const back = await sandbox.run(['rollback', 'production']);
    assert.equal(back.code, 0, back.said());
    assert.match(back.stdout, /users are back on site@/);
    const { front } = await status(sandbox);
    assert.equal(front && (await askFront(front))?.text, 'one');
    await sandbox.stop();
  });

  test('after a quiet watch holds the release that users are with, and an abort takes them back', async (t) => {
    const sandbox = await makeSandbox(t);
    const { front } = await deployed(sandbox, 'one');
    assert.ok(front);
    const quiet = 'watch: { for: 500ms, quiet: hold }';
    await writeSite(sandbox, { says: 'two', watch: quiet });
    const held = await sandbox.run(['deploy', 'production', '--no-wait']);
    assert.equal(held.code, 4, held.said());
    assert.equal((await askFront(front))?.text, 'two');
    const done = await sandbox.run(['abort', 'production']);
    assert.equal(done.code, 0, done.said());
    assert.equal((await askFront(front))?.text, 'one');
    await sandbox.stop();
  });
});

test('a release that hardly anybody used is marked as proven by checks', async (t) => {
  const sandbox = await makeSandbox(t);
  assert.equal((await deployed(sandbox, 'one')).provenBy, 'checks');
  const shown = await sandbox.run(['history', 'production', '--format', 'json']);
  assert.match(shown.stdout, /"provenBy":"checks"/);
  await sandbox.stop();
});

test('deploy --plan-id does what was planned, and refuses when the world has moved', async (t) => {
  const sandbox = await makeSandbox(t);
  await deployed(sandbox, 'one');
  await writeSite(sandbox, { says: 'two' });
  const planned = await sandbox.run(['deploy', 'production', '--plan', '--format', 'json']);
  const { id } = planned.json<PlanView>();
  const same = await sandbox.run(['deploy', 'production', '--plan', '--format', 'json']);
  assert.equal(same.json<PlanView>().id, id, 'the same plan has the same name');
  const done = await sandbox.run(['deploy', 'production', '--plan-id', id]);
  assert.equal(done.code, 0, done.said());
  const stale = await sandbox.run(['deploy', 'production', '--plan-id', id]);
  assert.equal(stale.code, 1, stale.said());
  assert.match(stale.stderr, /production is not as it was when plan-\w+ was made, so nothing was done/);
  await sandbox.stop();
});

test('--env current deploys in the variables of what serves, whatever the files say now', async (t) => {
  const sandbox = await makeSandbox(t);
  const site = { port: 'process.env.PORT', yaml: 'contract: { env: { COLOUR: {} } }' };
  const says = (words: string): object => ({
    ...site,
    before: `const words = '${words} ' + process.env.COLOUR;`,
    answer: 'words',
  });
  await writeSite(sandbox, says('one'));
  const early = await sandbox.run(['deploy', 'production', '--env', 'current']);
  assert.equal(early.code, 2, early.said());
  assert.match(early.stderr, /nothing is live in production, so there are no variables to take from it/);
  const first = await sandbox.run(['deploy', 'production', '--format', 'json'], { env: { COLOUR: 'red' } });
  assert.equal(first.code, 0, first.said());
  const { front } = first.json<RolloutDetail>();
  assert.ok(front);
  await writeSite(sandbox, says('two'));
  const current = await sandbox.run(['deploy', 'production', '--env', 'current'], {
    env: { COLOUR: 'blue' },
  });
  assert.equal(current.code, 0, current.said());
  assert.equal((await askFront(front))?.text, 'two red');
  const changed = await sandbox.run(['deploy', 'production'], { env: { COLOUR: 'green' } });
  assert.equal(changed.code, 0, changed.said());
  assert.equal((await askFront(front))?.text, 'two green', 'a changed variable alone is a deploy');
  const back = await sandbox.run(['rollback', 'production', '--env', 'current']);
  assert.equal(back.code, 0, back.said());
  assert.equal((await askFront(front))?.text, 'one green', 'the release before, in the variables of now');
  await sandbox.stop();
});

test('rollback --to a release means the variables that are not live, and nobody goes back to what is', async (t) => {
  const sandbox = await makeSandbox(t);
  const site = {
    yaml: 'contract: { env: { COLOUR: {} } }',
    before: 'const words = process.env.COLOUR;',
    answer: 'words',
  };
  await writeSite(sandbox, site);
  for (const COLOUR of ['red', 'green']) {
    const deployed = await sandbox.run(['deploy', 'production'], { env: { COLOUR } });
    assert.equal(deployed.code, 0, deployed.said());
  }
  const { rollout, front } = await status(sandbox);
  assert.ok(rollout && front);
  const back = await sandbox.run(['rollback', 'production', '--to', rollout.release]);
  assert.equal(back.code, 0, back.said());
  assert.equal((await askFront(front))?.text, 'red');
  const [live] = (await status(sandbox)).slots.filter(({ role }) => role === 'live');
  assert.ok(live);
  const nowhere = await sandbox.run(['rollback', 'production', '--to', live.revision]);
  assert.equal(nowhere.code, 2, nowhere.said());
  assert.match(nowhere.stderr, /is what is live in production already/);
  await sandbox.stop();
});
