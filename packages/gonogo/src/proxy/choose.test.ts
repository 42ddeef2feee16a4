import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSlot, chooseUpstream } from './choose.ts';
import type { Pool } from './claim.ts';
import { bucketOf, latencyBounds, Traffic } from './counters.ts';
import type { SlotName } from './table.ts';
import { Upstream } from './upstream.ts';

const pool = (slot: SlotName, members: number): Pool => ({
  target: 't',
  slot,
  host: undefined,
  upgrades: [],
  traffic: new Traffic(),
  turn: 0,
  leaving: [],
  upstreams: Array.from(
    { length: members },
    (_, i) => new Upstream({ instance: `${slot}-${i}`, host: '127.0.0.1', port: 1 }),
  ),
});

test('ninety to ten is so in every ten requests, not only on average', () => {
  const pools = { blue: pool('blue', 1), green: pool('green', 3) };
  const balance = { blue: 0, green: 0 };
  for (let round = 0; round < 5; round += 1) {
    const ten = Array.from({ length: 10 }, () => chooseSlot({ blue: 90, green: 10 }, pools, balance));
    assert.equal(ten.filter((slot) => slot === 'green').length, 1);
  }
});

test('by-instances gives each instance its share, whichever slot it is in', () => {
  const pools = { blue: pool('blue', 1), green: pool('green', 3) };
  const balance = { blue: 0, green: 0 };
  const eight = Array.from({ length: 8 }, () => chooseSlot('by-instances', pools, balance));
  assert.equal(eight.filter((slot) => slot === 'green').length, 6);
});

test('a slot without instances leaves its share to the other, and a slot without weight gets none', () => {
  const balance = { blue: 0, green: 0 };
  const half = { blue: pool('blue', 1), green: pool('green', 0) };
  assert.equal(chooseSlot({ blue: 1, green: 99 }, half, balance), 'blue');
  assert.equal(chooseSlot({ green: 100 }, half, balance), undefined);
  assert.equal(chooseSlot('nobody', half, balance), undefined);
});

test('the instance with the least in flight is asked, equals in turn, and the one that failed only if it is the only one', () => {
  const three = pool('blue', 3);
  const names = Array.from({ length: 3 }, () => chooseUpstream(three)?.member.instance);
  assert.deepEqual(names, ['blue-0', 'blue-1', 'blue-2']);
  three.upstreams[0]?.begin();
  three.upstreams[2]?.begin();
  assert.equal(chooseUpstream(three)?.member.instance, 'blue-1');
  assert.notEqual(chooseUpstream(three, three.upstreams[1]), three.upstreams[1]);
  const one = pool('blue', 1);
  assert.equal(chooseUpstream(one, one.upstreams[0]), one.upstreams[0]);
  assert.equal(chooseUpstream(pool('blue', 0)), undefined);
});

test('a latency falls under the first bound that is not below it', () => {
  assert.equal(bucketOf(0), 0);
  assert.equal(bucketOf(0.1), 0);
  assert.equal(bucketOf(0.1001), 1);
  assert.equal(bucketOf(1e9), latencyBounds.length);
  for (const [i, bound] of latencyBounds.entries()) assert.equal(bucketOf(bound), i);
});
