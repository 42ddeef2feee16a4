import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvironmentStatus, PlanView } from '../../packages/gonogo/src/api/contract.ts';
import { makeSandbox } from './support/sandbox.ts';
import { writeSite } from './support/site.ts';

test('deploy --plan shows every step and changes nothing', async (t) => {
  const sandbox = await makeSandbox(t);
  await writeSite(sandbox);
  const first = await sandbox.run(['deploy', 'production', '--plan', '--format', 'json']);
  assert.equal(first.code, 0, first.said());
  const { steps, previous } = first.json<PlanView>();
  assert.equal(previous, undefined);
  const names = ['preflight', 'provision', 'reach', 'ready', 'verify', 'flip', 'watch'];
  assert.deepEqual(
    steps.map(({ name }) => name),
    names,
  );
  const nothing = await sandbox.run(['status', '--format', 'json']);
  assert.deepEqual(nothing.json<EnvironmentStatus[]>(), []);

  const deployed = await sandbox.run(['deploy', 'production']);
  assert.equal(deployed.code, 0, deployed.said());
  await writeSite(sandbox, { says: 'two' });
  const second = await sandbox.run(['deploy', 'production', '--plan']);
  assert.equal(second.code, 0, second.said());
  assert.match(second.stdout, /^plan {2}site@\w+ → production \(blue-green, http:\S+; site@\w+ is live\)$/m);
  assert.match(second.stdout, /^ {2}provision +run 1 in green +put back: stop green$/m);
  assert.match(
    second.stdout,
    /^ {2}flip +send traffic to green, which goes to blue +put back: send traffic to blue/m,
  );
  assert.match(second.stdout, /^afterwards site@\w+ stays warm for 10 min, and then is stopped$/m);
  assert.match(
    second.stdout,
    /^nothing was changed; the same command with --plan-id plan-\w+ instead of --plan does exactly this$/m,
  );
  await sandbox.stop();
});

test('the first thing an agent is asked is planned on what serves, though that is still being opened again', async (t) => {
  const sandbox = await makeSandbox(t);
  await writeSite(sandbox);
  assert.equal((await sandbox.run(['deploy', 'production'])).code, 0);
  assert.equal((await sandbox.run(['agent', 'stop', '--all'])).code, 0);
  await writeSite(sandbox, { says: 'two' });
  const plan = async (): Promise<PlanView> =>
    (await sandbox.run(['deploy', 'production', '--plan', '--format', 'json'])).json<PlanView>();
  const first = await plan();
  assert.equal(
    first.steps.find(({ name }) => name === 'flip')?.does,
    'send traffic to green, which goes to blue',
  );
  assert.equal((await plan()).id, first.id);
  await sandbox.stop();
});
