import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashSoak } from './crash.ts';

test('an agent that is killed at any instant of any deploy loses no request, orphans nothing, and the next one ends the rollout', async (t) => {
  const seed = Date.now() % 100_000;
  const { violations, lost, kills, deploys } = await crashSoak(t, {
    deploys: 20,
    within: 75_000,
    seed,
    say: (line) => t.diagnostic(line),
  });
  assert.deepEqual(violations, [], `npm run soak -- crash --deploys 20 --seed ${seed}`);
  assert.equal(lost, 0);
  assert.ok(kills >= deploys && deploys > 0);
});
