import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareNext } from './share.ts';

/** A task that ends when it is told to, and answers which run it was. */
function steered() {
  const runs: PromiseWithResolvers<void>[] = [];
  const ask = shareNext(async () => {
    const run = runs.push(Promise.withResolvers<void>());
    await runs[run - 1]?.promise;
    return run;
  });
  return { ask, runs };
}

test('who comes while a run is under way shares the next one, and never that one', async () => {
  const { ask, runs } = steered();
  const first = ask();
  const others = [ask(), ask(), ask()];
  assert.equal(runs.length, 1);
  runs[0]?.resolve();
  assert.equal(await first, 1);
  await Promise.resolve();
  const late = ask();
  runs[1]?.resolve();
  assert.deepEqual(await Promise.all(others), [2, 2, 2]);
  runs[2]?.resolve();
  assert.equal(await late, 3);
});

test('one after another each has a run of its own', async () => {
  let runs = 0;
  const ask = shareNext(async () => ++runs);
  assert.deepEqual([await ask(), await ask()], [1, 2]);
});

test('a run that fails fails for those who shared it, and for nobody after them', async () => {
  let runs = 0;
  const ask = shareNext(async () => {
    runs += 1;
    if (runs === 1) throw new Error('the first one fails');
    return runs;
  });
  const [first, second] = await Promise.allSettled([ask(), ask()]);
  assert.equal(first?.status, 'rejected');
  assert.deepEqual(second, { status: 'fulfilled', value: 2 });
});
