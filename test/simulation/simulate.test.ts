import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Coverage } from './coverage.ts';
import { faults } from './faults.ts';
import { runMany } from './many.ts';
import { kinds, unhit } from './pairs.ts';
import { observe, replay, simulate } from './simulate.ts';

const seeds = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('the simulation', () => {
  test('finds nothing wrong with the engine in five hundred lives', async () => {
    const { violations, steps } = await runMany({ runs: 500, first: 1 });
    assert.deepEqual(violations, []);
    assert.equal(
      steps,
      seeds(500).reduce((sum, seed) => sum + simulate(seed).steps, 0),
      'every seed, once',
    );
  });

  test('is the same for the same seed', () => {
    for (const seed of seeds(20)) assert.deepEqual(simulate(seed), simulate(seed));
  });

  test('is the same by its recorded decisions as by its seed, down to every event', () => {
    for (const seed of seeds(20)) {
      const seen = observe(seed);
      assert.deepEqual(replay(seen.decisions).trace, seen.trace);
      assert.equal(seen.events, simulate(seed).events);
    }
  });

  test('meets every kind of ending, every fault and every kind of step', () => {
    const coverage = new Coverage();
    const reports = seeds(300).map((seed) => simulate(seed, {}, coverage));
    const endings = new Set(reports.flatMap((report) => report.endings));
    assert.deepEqual([...endings].sort(), ['aborted', 'rejected', 'rolled-back', 'stuck', 'succeeded']);
    assert.deepEqual(coverage.kinds.toSorted(), kinds.toSorted());
    const struck = faults.filter((fault) => kinds.some((kind) => coverage.count(fault, kind) > 0));
    assert.deepEqual(struck, [...faults]);
  });

  test('names the pairs of fault and step that were not hit', () => {
    const coverage = new Coverage();
    assert.equal(
      unhit(coverage).some(({ fault, kind }) => fault === 'hung' && kind === 'flip'),
      true,
    );
    coverage.hit('hung', 'flip');
    assert.equal(
      unhit(coverage).some(({ fault, kind }) => fault === 'hung' && kind === 'flip'),
      false,
    );
    assert.equal(
      unhit(coverage).some(({ fault, kind }) => fault === 'degraded' && kind === 'preflight'),
      false,
    );
  });
});
