import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { minimise } from './minimise.ts';
import { planted } from './planted.ts';
import { observe, replay, simulate } from './simulate.ts';
import type { Subject } from './subject.ts';

/** The first seed that breaks this invariant. */
const seedOf = (subject: Partial<Subject>, invariant: string): number | undefined => {
  for (let seed = 1; seed <= 5_000; seed++)
    if (simulate(seed, subject).violation?.invariant === invariant) return seed;
  return undefined;
};

for (const { mistake, subject, breaks } of planted) {
  describe(`an engine that ${mistake}`, () => {
    const seed = seedOf(subject, breaks);

    test(`is found, because it breaks "${breaks}"`, () => {
      assert.ok(seed !== undefined);
    });

    test('is shown by a shorter life that breaks the same', () => {
      assert.ok(seed !== undefined);
      const whole = observe(seed, subject);
      const short = minimise(seed, subject);
      assert.equal(short.violation?.invariant, breaks);
      assert.ok(short.decisions.length < whole.decisions.length, `${short.decisions.length} steps`);
      assert.ok(short.trace.length <= whole.trace.length);
      assert.deepEqual(replay(short.decisions, subject).trace, short.trace);
    });
  });
}
