import assert from 'node:assert/strict';
import { test } from 'node:test';
import { merge } from './merge.ts';

async function* after<T>(gate: Promise<unknown>, ...values: T[]): AsyncIterable<T> {
  await gate;
  yield* values;
}

test('what comes first is yielded first, whoever it is from', async () => {
  const late = Promise.withResolvers<void>();
  const seen: string[] = [];
  for await (const value of merge([after(late.promise, 'late'), after(Promise.resolve(), 'a', 'b')])) {
    seen.push(value);
    if (value === 'b') late.resolve();
  }
  assert.deepEqual(seen, ['a', 'b', 'late']);
});

test('a source that fails ends it with its error', async () => {
  const read = async (): Promise<void> => {
    for await (const _ of merge([after(Promise.reject(new Error('torn'))), after(Promise.resolve(), 1)]));
  };
  await assert.rejects(read(), /torn/);
});

test('a reader who leaves closes every source', async () => {
  let closed = 0;
  async function* endless(): AsyncIterable<number> {
    try {
      for (;;) yield 1;
    } finally {
      closed += 1;
    }
  }
  for await (const _ of merge([endless(), endless()])) break;
  while (closed < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(closed, 2);
});
