import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff, inARow, quiet } from './backoff.ts';

test('the first restart is immediate, then 10 s doubling to 5 min', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 50].map((restarts) => backoff(restarts, 0.5));
  assert.deepEqual(waits, [0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
});

test('jitter is a tenth either way', () => {
  assert.equal(backoff(1, 0), 9000);
  assert.ok(backoff(1, 0.999) < 11_000 && backoff(1, 0.999) > 10_900);
});

test('ten quiet minutes make it a first time again', () => {
  assert.equal(inARow(7, quiet - 1), 7);
  assert.equal(inARow(7, quiet), 0);
});
