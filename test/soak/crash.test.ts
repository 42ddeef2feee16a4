import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crashSoak } from './crash.ts';

const now = Date.now() % 100_000;

// Twenty deploys, in two halves at the same time: most of it is waiting.
describe('an agent that is killed at any instant of any deploy', { concurrency: 2 }, () => {
  for (const seed of [now, now + 1])
    test(`loses no request, orphans nothing, and the next one ends the rollout (seed ${seed})`, async (t) => {
      const options = { deploys: 10, within: 150_000, seed, say: (line: string) => t.diagnostic(line) };
      const { violations, lost, kills, deploys } = await crashSoak(t, options);
      assert.deepEqual(violations, [], `npm run soak -- crash --deploys 10 --seed ${seed}`);
      assert.equal(lost, 0);
      assert.ok(kills >= deploys && deploys > 0);
    });
});
