import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { addTraffic, judge, noTraffic, quantile, type Traffic, trafficBetween } from './judge.ts';
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

  test('does not stop early for what may be chance at one of its many looks', () => {
    assert.equal(verdict(traffic(100, 4)), 'healthy');
    assert.equal(verdict(traffic(100, 4), { isOver: true }), 'regressed');
  });

  test('neither condemns nor proves a release by one failed request in a small sample', () => {
    assert.equal(verdict(traffic(60, 1)), 'healthy');
    assert.equal(verdict(traffic(60, 1), { isOver: true }), 'unknown');
    assert.equal(verdict(traffic(600, 1), { isOver: true }), 'healthy');
    assert.equal(verdict(traffic(60, 3), { isOver: true }), 'regressed');
  });

  test('forgives no failed request where none is tolerated', () => {
    const strict = { ...rules, errors: 0 };
    const one = { green: traffic(1000, 1), blue: traffic(1000), isOver: false };
    assert.equal(judge(strict, one).is, 'regressed');
  });

  test('does not blame a release for errors that were there before it', () => {
    assert.equal(verdict(traffic(1000, 30), { blue: traffic(1000, 40), isOver: true }), 'healthy');
    const alike = { blue: traffic(100, 3), isOver: true };
    assert.equal(verdict(traffic(100, 5), alike), 'unknown', 'as many as before, but for chance');
    assert.equal(verdict(traffic(100, 12), alike), 'regressed');
  });

  test('does not measure by a few requests of what served before', () => {
    const blue = traffic(2, 2);
    const judged = judge(rules, { green: traffic(100, 50), blue, isOver: true });
    assert.equal(judged.is, 'regressed');
    assert.doesNotMatch('why' in judged ? judged.why : '', /before the flip/);
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
    assert.deepEqual(trafficBetween([counters('a', 40)], [counters('a', 100)]), traffic(60));
  });

  test('counts from zero when the counter has started again', () => {
    assert.deepEqual(trafficBetween([counters('a', 100)], [counters('b', 7)]), traffic(7));
    assert.deepEqual(trafficBetween([], []), noTraffic);
  });

  test('counts nothing twice when one of several counters has started again', () => {
    const before = [counters('a', 40), counters('b', 50)];
    assert.deepEqual(trafficBetween(before, [counters('a', 45), counters('c', 7)]), traffic(12));
    assert.deepEqual(trafficBetween(before, [counters('b', 51)]), traffic(1), 'one is gone');
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
});
