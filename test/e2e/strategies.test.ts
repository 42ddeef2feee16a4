import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EnvironmentStatus, RolloutDetail } from '../../packages/gonogo/src/api/contract.ts';
import { startStrictClient } from '../../packages/gonogo/src/system/strict-client.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { askFront, type Site, writeSite } from './support/site.ts';

/** Deploys a site to its verdict, in the form programs read. */
async function deploy(
  sandbox: Sandbox,
  site: Site,
): Promise<{ code: number | null; rollout: RolloutDetail }> {
  await writeSite(sandbox, site);
  const done = await sandbox.run(['deploy', 'production', '--format', 'json']);
  assert.ok(done.stdout.trim() !== '', done.said());
  return { code: done.code, rollout: done.json<RolloutDetail>() };
}

async function status(sandbox: Sandbox): Promise<EnvironmentStatus> {
  const [environment] = (await sandbox.run(['status', '--format', 'json'])).json<EnvironmentStatus[]>();
  assert.ok(environment);
  return environment;
}

/** Users who keep asking while something is done to the service; answers what they were told. */
async function under<T>(front: { host: string; port: number }, what: () => Promise<T>) {
  const answers = new Map<string, number>();
  const users = startStrictClient({
    ...front,
    connections: 4,
    rate: 200,
    onAnswer: ({ body }) => {
      const said = body.toString();
      answers.set(said, (answers.get(said) ?? 0) + 1);
    },
  });
  const result = await what();
  return { result, answers, traffic: await users.stop() };
}

test('what users meet while the workers are handed over is judged too', async (t) => {
  const sandbox = await makeSandbox(t);
  // A worker that is looked at for a second after users have come.
  const worker = '\n  workers: { jobs: { command: [node, -e, "setInterval(() => {}, 1000)"] } }';
  const site = { run: worker, watch: 'watch: { for: 500ms, min_requests: 20 }' } satisfies Site;
  const { rollout } = await deploy(sandbox, site);
  assert.ok(rollout.front);
  // Wrong for half a second from the first user on, and right again before the watch begins.
  const before = `
    let since;
    const isProbe = ({ headers }) => !headers['x-request-id'];
    const broken = (request) => !isProbe(request) && performance.now() - (since ??= performance.now()) < 500;`;
  const broken = { ...site, says: 'two', before, status: 'broken(request) ? 500 : 200' };
  const { result } = await under(rollout.front, () => deploy(sandbox, broken));
  assert.equal(result.rollout.ending, 'rolled-back', JSON.stringify(result.rollout));
  assert.equal(result.rollout.failedStep, 'watch');
  assert.equal((await askFront(rollout.front))?.text, 'one');
  await sandbox.stop();
});

const watched = 'replicas: 3\nwatch: { for: 1s, min_requests: 20 }';
const rolling = { production: watched, strategy: 'rolling' } satisfies Site;
const canary = {
  production: `${watched}\ncanary: { weights: [20%, 60%], each: 500ms }`,
  strategy: 'canary',
} satisfies Site;

const inPlace = { production: watched, strategy: 'in-place' } satisfies Site;

describe('users lose no request', { concurrency: 2 }, () => {
  for (const [name, site] of [
    ['in a rolling rollout', rolling],
    ['in a canary', canary],
    ['in an in-place rollout, in which they wait', inPlace],
  ] as const) {
    test(name, async (t) => {
      const sandbox = await makeSandbox(t);
      const first = await deploy(sandbox, site);
      assert.equal(first.code, 0, JSON.stringify(first.rollout));
      const front = first.rollout.front;
      assert.ok(front);
      const { result, answers, traffic } = await under(front, () =>
        deploy(sandbox, { ...site, says: 'two' }),
      );
      assert.equal(result.code, 0, JSON.stringify(result.rollout));
      assert.equal(traffic.failed, 0, traffic.examples.join('\n'));
      assert.ok((answers.get('one') ?? 0) > 0 && (answers.get('two') ?? 0) > 0, 'both have answered');
      assert.equal((await askFront(front))?.text, 'two');
      const { slots } = await status(sandbox);
      const live = slots.find(({ role }) => role === 'live');
      assert.equal(live?.instances.length, 3);
      assert.equal(slots.length, name.includes('canary') ? 2 : 1, 'only a canary leaves the old one warm');
      await sandbox.stop();
    });

    test(`${name} that goes back because the new release answers errors`, async (t) => {
      const sandbox = await makeSandbox(t);
      const { rollout } = await deploy(sandbox, site);
      const { front } = rollout;
      assert.ok(front);
      // Ready, and wrong to everybody who is no probe.
      const bad = {
        ...site,
        says: 'two',
        before: 'const broken = (path) => path === "/" && asked++ > 4;\nlet asked = 0;',
      };
      const broken = { ...bad, status: 'broken(request.url) ? 500 : 200' };
      const { result, traffic } = await under(front, () => deploy(sandbox, broken));
      assert.equal(result.code, 1);
      assert.equal(result.rollout.ending, 'rolled-back', JSON.stringify(result.rollout));
      const wrong = traffic.losses['wrong-status'];
      assert.equal(traffic.failed, wrong, `only the release's own errors: ${traffic.examples.join('\n')}`);
      assert.equal((await askFront(front))?.text, 'one');
      const { slots } = await status(sandbox);
      assert.equal(slots.find(({ role }) => role === 'live')?.instances.length, 3);
      assert.equal(slots.length, 1, 'nothing of the new release is left');
      await sandbox.stop();
    });
  }
});
