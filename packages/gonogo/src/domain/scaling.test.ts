import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { askedFor, beginsWith, judgeScale, type Past, type Reading, type Scaling } from './scaling.ts';

const minutes = 60_000;
const range = (rest: Partial<Scaling> = {}): Scaling => ({
  ...{ min: 1, max: 10, by: 'cpu', target: 0.5, downAfter: 5 * minutes },
  ...rest,
});
const all = (count: number, load: Reading): Reading[] => new Array<Reading>(count).fill(load);

test('the formula is the one of Kubernetes: instances times load over target, rounded up', () => {
  assert.equal(askedFor(all(2, 0.9), 0.5), 4);
  assert.equal(askedFor(all(4, 0.25), 0.5), 2);
  assert.equal(askedFor([10, 30, 50], 20), 5);
  assert.equal(askedFor(all(3, 0), 0.5), 0);
  assert.equal(askedFor(all(3, 1.4), 0.7), 6, 'no more because of how a computer writes 0.7');
});

test('a load within a tenth of its target changes nothing', () => {
  assert.equal(askedFor(all(10, 0.55), 0.5), 10);
  assert.equal(askedFor(all(10, 0.45), 0.5), 10);
  assert.equal(askedFor(all(10, 0.56), 0.5), 12);
  assert.equal(askedFor(all(10, 0.44), 0.5), 9);
});

test('instances that are not ready count as idle where more are asked for, so that a crash loop does not grow', () => {
  assert.equal(askedFor([1, 'unready', 'unready', 'unready'], 0.5), 4);
  assert.equal(askedFor([3, 'unready'], 0.5), 6);
  assert.equal(askedFor(all(4, 'unready'), 0.5), 4);
});

test('what could not be measured counts as idle where more are asked for, and as at its target where fewer are', () => {
  assert.equal(askedFor([1, 'unknown'], 0.5), 2);
  assert.equal(askedFor([0.1, 'unknown', 'unknown', 'unknown'], 0.5), 4);
  assert.equal(askedFor([0.1, 0.1, 0.1, 'unknown'], 0.5), 2);
});

test('upwards it goes at once, but at most to twice as many or four more', () => {
  const from = (count: number) =>
    judgeScale(range({ max: 100 }), { readings: all(count, 50), past: [], at: 0 }).count;
  assert.deepEqual([from(1), from(4), from(10)], [5, 8, 20]);
});

test('downwards it goes when fewer were enough for the whole window, to the most that was asked for in it', () => {
  let [past, count]: [Past, number] = [[{ at: 0, count: 8 }], 8];
  const judge = (at: number, load: number): number => {
    const judged = judgeScale(range(), { readings: all(count, load), past, at });
    ({ past, count } = judged);
    return count;
  };
  assert.equal(judge(15_000, 0.1), 8, 'eight ran when this began');
  assert.equal(judge(4 * minutes, 0.25), 8);
  assert.equal(judge(5 * minutes, 0.1), 4, 'four were asked for a minute ago');
  assert.equal(judge(9 * minutes, 0.1), 2);
});

test('what cannot be measured changes nothing, and is no reason to go down later', () => {
  const unknown = judgeScale(range(), {
    readings: all(3, 'unknown'),
    past: [{ at: 0, count: 1 }],
    at: minutes,
  });
  assert.equal(unknown.count, 3);
  const later = judgeScale(range(), { readings: all(3, 0), past: unknown.past, at: 5 * minutes });
  assert.equal(later.count, 3);
});

test('a revision begins with as many as ran before it, within its own range', () => {
  assert.deepEqual(
    [0, 4, 20].map((runs) => beginsWith(range({ min: 2, max: 8 }), runs)),
    [2, 4, 8],
  );
  assert.equal(beginsWith(3, 9), 3);
});

const ranges = fc
  .record({
    min: fc.integer({ min: 1, max: 20 }),
    more: fc.nat(80),
    target: fc.double({ min: 0.1, max: 50, noNaN: true }),
  })
  .map(({ min, more, target }) => range({ min, max: min + more, target }));
const load = fc.double({ min: 0, max: 500, noNaN: true });
const reading: fc.Arbitrary<Reading> = fc.oneof(
  load,
  fc.constantFrom('unready' as const, 'unknown' as const),
);
const readings = fc.array(reading, { minLength: 1, maxLength: 100 });

test('whatever is read, the count stays in its range and never more than doubles or grows by four', () => {
  const steps = fc.array(fc.record({ readings, ms: fc.nat(400_000) }), { maxLength: 20 });
  fc.assert(
    fc.property(ranges, steps, (scaling, steps) => {
      let [past, at]: [Past, number] = [[], 0];
      for (const step of steps) {
        at += step.ms;
        const judged = judgeScale(scaling, { readings: step.readings, past, at });
        past = judged.past;
        const current = step.readings.length;
        assert.ok(judged.count >= scaling.min && judged.count <= scaling.max);
        assert.ok(judged.count <= Math.max(scaling.min, 2 * current, current + 4));
      }
    }),
  );
});

test('a higher load never asks for fewer', () => {
  fc.assert(
    fc.property(
      readings,
      fc.nat(99),
      load,
      fc.double({ min: 0.1, max: 50, noNaN: true }),
      (some, at, more, target) => {
        const higher = some.map((one, i) => (i === at && typeof one === 'number' ? one + more : one));
        assert.ok(askedFor(higher, target) >= askedFor(some, target));
      },
    ),
  );
});

test('instances that are not ready never make it ask for more', () => {
  fc.assert(
    fc.property(
      readings,
      fc.nat(20),
      fc.double({ min: 0.1, max: 50, noNaN: true }),
      (some, crashing, target) => {
        const without = askedFor(some, target);
        const growth = askedFor([...some, ...all(crashing, 'unready')], target) - crashing;
        assert.ok(growth <= Math.max(without, some.length));
      },
    ),
  );
});

test('under a constant load that is shared by all it settles within a few periods and stays', () => {
  fc.assert(
    fc.property(
      ranges,
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 2000, noNaN: true }),
      (scaling, start, total) => {
        let [past, count]: [Past, number] = [[], start];
        const counts: number[] = [];
        for (let period = 0; period < 60; period++) {
          const judged = judgeScale(scaling, {
            readings: all(count, total / count),
            past,
            at: period * 15_000,
          });
          ({ past, count } = judged);
          counts.push(count);
        }
        assert.equal(new Set(counts.slice(30)).size, 1, counts.join(' '));
      },
    ),
  );
});
