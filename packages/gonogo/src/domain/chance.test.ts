import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { chanceOf, chanceOfMore } from './chance.ts';

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);

const of = (requests: number, errors: number) => ({ requests, errors });

/** The same probability, added up from the other end in the plainest way. */
function plainly(requests: number, errors: number, rate: number): number {
  let [term, below] = [(1 - rate) ** requests, 0];
  for (let k = 0; k < errors; k++) {
    below += term;
    term *= ((requests - k) / (k + 1)) * (rate / (1 - rate));
  }
  return 1 - below;
}

describe('chance', () => {
  test('explains failed requests as the binomial distribution says', () => {
    near(chanceOf(of(60, 1), 0.01), 1 - 0.99 ** 60);
    near(chanceOf(of(60, 60), 0.5), 0.5 ** 60);
    for (const errors of [11, 20, 30]) near(chanceOf(of(1000, errors), 0.01), plainly(1000, errors, 0.01));
  });

  test('explains everything where no more fails than must be expected', () => {
    assert.equal(chanceOf(of(60, 0), 0.01), 1);
    assert.equal(chanceOf(of(1_000_000, 10_000), 0.01), 1);
    assert.equal(chanceOf(of(60, 60), 1), 1);
    assert.equal(chanceOfMore(of(100, 3), of(200, 6)), 1);
  });

  test('explains nothing where nothing may fail', () => {
    assert.equal(chanceOf(of(60, 1), 0), 0);
  });

  // The lady tasting tea: R. A. Fisher, The Design of Experiments (1935), II.
  test('compares two small samples as Fisher did', () => {
    near(chanceOfMore(of(4, 4), of(4, 0)), 1 / 70);
    near(chanceOfMore(of(4, 3), of(4, 1)), 17 / 70);
  });

  test('is a probability, and falls with every request that fails, whatever the sizes', () => {
    const size = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(size, size, fc.double({ min: 0, max: 1, noNaN: true }), (requests, others, share) => {
        const errors = Math.floor((requests - 1) * share);
        const other = of(others, Math.floor(others * share));
        for (const chance of [
          (k: number) => chanceOf(of(requests, k), share),
          (k: number) => chanceOfMore(of(requests, k), other),
        ]) {
          const [fewer, more] = [chance(errors), chance(errors + 1)];
          assert.ok(more >= 0 && fewer <= 1 && more <= fewer + 1e-6, `${more} of ${fewer}`);
        }
      }),
    );
  });
});
