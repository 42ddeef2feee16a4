import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from './limits.ts';
import { Patience } from './patience.ts';

test('who waited for the end of a cutover, or sent for long, has not waited for the instance', () => {
  const clock = { now: performance.now() - 2 * limits.patience };
  const patience = new Patience({ limits, clock });
  assert.equal(patience.isLong, true, 'nothing has happened for long');
  clock.now = performance.now();
  patience.begin();
  assert.equal(patience.isLong, false, 'it is asked only now');
  clock.now = performance.now() - 2 * limits.patience;
  patience.touch();
  assert.equal(patience.isLong, true);
});

test('what a request waited for a cutover is no part of the time that it may take in all, and a second attempt is', () => {
  const clock = { now: 0 };
  const patience = new Patience({ limits: { ...limits, total: 2_000 }, clock });
  clock.now = 30_000;
  patience.begin();
  clock.now += 1_500;
  assert.equal(patience.isOver('answer', 0), false);
  patience.begin();
  clock.now += 1_000;
  assert.equal(patience.isOver('answer', 0), true);
});
