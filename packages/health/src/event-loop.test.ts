import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventLoopDelay } from './event-loop.ts';
import type { Answer } from './index.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Keeps this thread busy, as a long computation in a request handler would. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('a blocked event loop fails in its window, and is forgotten in the next', async () => {
  const check = eventLoopDelay({ warn: 200, fail: 500 });
  const ask = (): Answer => check.check(new AbortController().signal) as Answer;
  await sleep(100);
  ask();
  block(800);
  await sleep(50);
  assert.equal(ask().status, 'fail');
  // On a busy machine a quiet window may take a few tries; an average since the start would never become one.
  for (let i = 0; ask().status !== 'pass'; i += 1) {
    assert.ok(i < 50);
    await sleep(60);
  }
});
