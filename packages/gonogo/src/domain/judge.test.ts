import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  addTraffic,
  judge,
  noTraffic,
  quantile,
  type Traffic,
  trafficBetween,
  wilsonLowerBound,
} from './judge.ts';
import type { Counters } from './signals.ts';

const rules = { for: 30_000, errors: 0.01, p99: 1.5, minRequests: 50 };
const bounds = [1, 10, 100, 1000];

const traffic = (requests: number, errors = 0, counts = [0, requests, 0, 0, 0]): Traffic => ({
  requests,
  errors,
  latency: { bounds, counts },
});

const verdict = (green: Traffic, rest: { blue?: Traffic; isOver?: boolean } = {}): string =>
  judge(rules, { green, blue: rest.blue ?? noTraffic, isOver: rest.isOver ?? false }).is;

describe('a watch', () => {
  test('says nothing about less than the least traffic, however bad it looks', () => {
    assert.equal(verdict(traffic(49, 49)), 'unknown');
    assert.equal(verdict(traffic(49, 49), { isOver: true }), 'unknown');
  });

  test('stops at once when errors are beyond chance', () => {
    assert.equal(verdict(traffic(60, 30)), 'regressed');
  });

  test('does not stop early for one failed request in a hundred, which may be chance', () => {
    assert.equal(verdict(traffic(100, 2)), 'healthy');
    assert.equal(verdict(traffic(100, 2), { isOver: true }), 'regressed');
  });

  test('does not blame a release for errors that were there before it', () => {
    assert.equal(verdict(traffic(1000, 30), { blue: traffic(1000, 40), isOver: true }), 'healthy');
  });

  test('finds a release that has become slow, at its end', () => {
    const slow = traffic(200, 0, [0, 0, 0, 200, 0]);
    assert.equal(verdict(slow, { blue: traffic(200), isOver: true }), 'regressed');
    assert.equal(
      verdict(slow, { isOver: true }),
      'healthy',
      'without a baseline there is nothing to compare with',
    );
  });

  test('does not call a release slow for its first requests', () => {
    const oneSlow = traffic(60, 0, [0, 59, 0, 1, 0]);
    assert.equal(verdict(oneSlow, { blue: traffic(200), isOver: true }), 'healthy');
    const manySlow = traffic(60, 0, [0, 54, 0, 6, 0]);
    assert.equal(verdict(manySlow, { blue: traffic(200), isOver: true }), 'regressed');
  });

  test('takes a few milliseconds for noise, whatever their ratio is', () => {
    const [fast, slower] = [traffic(200, 0, [200, 0, 0, 0, 0]), traffic(200, 0, [0, 200, 0, 0, 0])];
    assert.equal(verdict(slower, { blue: fast, isOver: true }), 'healthy');
  });
});

describe('counted traffic', () => {
  const counters = (incarnation: string, requests: number): Counters => ({
    incarnation,
    inFlight: 0,
    ...traffic(requests),
  });

  test('between two readings is their difference', () => {
    assert.deepEqual(trafficBetween(counters('a', 40), counters('a', 100)).requests, 60);
  });

  test('counts from zero when the counter has started again', () => {
    assert.equal(trafficBetween(counters('a', 100), counters('b', 7)).requests, 7);
  });

  test('adds up', () => {
    assert.deepEqual(addTraffic(traffic(5, 1), traffic(7, 2)), traffic(12, 3));
    assert.deepEqual(addTraffic(noTraffic, traffic(7, 2)), traffic(7, 2));
  });

  test('has quantiles that lie within the bounds and never fall', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 5, maxLength: 5 }), (counts) => {
        const [low, high] = [quantile({ bounds, counts }, 0.5), quantile({ bounds, counts }, 0.99)];
        assert.ok(low >= 0 && low <= high && high <= 1000);
      }),
    );
  });

  test('has an error rate whose lower bound never exceeds the rate itself', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (of, share) => {
          const hits = Math.floor(of * share);
          const bound = wilsonLowerBound(hits, of);
          assert.ok(bound >= 0 && bound <= hits / of + 1e-12);
        },
      ),
    );
  });
});
