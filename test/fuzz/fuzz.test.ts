import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from './fuzz.ts';

test('thousands of random messages are refused, or read behind the proxy as Node reads them before it', async () => {
  const { cases, failures } = await fuzz({ cases: 4_000, seed: 1 });
  assert.deepEqual(failures, []);
  assert.ok(Object.values(cases).reduce((sum, one) => sum + one, 0) >= 4_000);
});
