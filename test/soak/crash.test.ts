import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSandbox } from '../e2e/support/sandbox.ts';
import { writeSite } from '../e2e/support/site.ts';
import { seeded } from '../simulation/random.ts';
import { crashAgain } from './crash.ts';

test('an agent that is killed at any instant of a deploy loses no request, and the next one ends the rollout', async (t) => {
  const sandbox = await makeSandbox(t);
  await writeSite(sandbox);
  const seed = Date.now() % 100_000;
  const report = await crashAgain({
    project: sandbox.folder,
    stateRoot: sandbox.state.root,
    deploys: 8,
    random: seeded(seed).next,
    say: (line) => t.diagnostic(line),
  });
  assert.equal(report.traffic.failed, 0, `seed ${seed}: ${report.traffic.examples.join('; ')}`);
  assert.equal(
    Object.values(report.endings).reduce((sum, count) => sum + count, 0),
    8,
  );
  assert.equal(report.endings.stuck, undefined);
  const running = report.status.slots.map(({ role, instances }) => [role, instances.length]);
  assert.deepEqual(
    running.sort(),
    [
      ['live', 1],
      ['warm', 1],
    ],
    'no orphan is left',
  );
  await sandbox.stop();
});
