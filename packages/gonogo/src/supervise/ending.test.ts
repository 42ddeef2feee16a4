import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceState, ObservedInstance } from '../ports/runtime.ts';
import { endingOf } from './ending.ts';

const minute = 60_000;
const clock = { wall: () => 100 * minute, mono: () => 5000, sleep: async () => undefined };
const tools = { clock, random: () => 0.5 };

type Ended = Extract<InstanceState, { is: 'ended' }>;

const instance = (inARow: number, state: Partial<Ended>): ObservedInstance => ({
  id: 'shop.1',
  host: '127.0.0.1',
  port: 20_000,
  inARow,
  state: {
    is: 'ended',
    code: 3,
    signal: null,
    startedAt: 99 * minute,
    endedAt: 100 * minute,
    ...state,
  },
});
const ending = (inARow: number, state: Partial<Ended> = {}) =>
  endingOf(instance(inARow, state), { is: 'ended' }, tools);

test('the first end in a row is mended at once, the next ones wait 10 s and twice as long each time', () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((restarts) => ending(restarts).replaceAt - 5000),
    [0, 10_000, 20_000, 40_000],
  );
  assert.equal(ending(0).times, 1);
});

test('what ran for ten minutes begins a new row', () => {
  assert.equal(ending(6, { startedAt: 89 * minute }).times, 1);
});

test('the wait counts from the end, also when it is seen later, and a clock that was put back makes it no longer', () => {
  assert.equal(ending(1, { endedAt: 100 * minute - 4000 }).replaceAt, 5000 + 6000);
  assert.equal(ending(1, { endedAt: 90 * minute }).replaceAt, 5000);
  assert.equal(ending(1, { endedAt: 105 * minute }).replaceAt, 5000 + 10_000);
});

test('what went down with the machine is started again at once, however often it had ended before', () => {
  const after = ending(5, { withMachine: true, code: null });
  assert.deepEqual([after.replaceAt, after.times, after.how], [5000, 1, 'went down with the machine']);
});

test('how it ended is said in words', () => {
  assert.equal(ending(0).how, 'ended with exit code 3');
  assert.equal(ending(0, { code: null, signal: 'SIGKILL' }).how, 'was ended by SIGKILL');
  assert.equal(ending(0, { code: null }).how, 'ended, and nobody saw how');
  assert.match(ending(0, { outOfMemory: 'limit', signal: 'SIGKILL' }).how, /more memory than it may/);
  assert.match(ending(0, { outOfMemory: 'host', signal: 'SIGKILL' }).how, /host had no memory left/);
  const failed = { is: 'failed', why: 'is not alive: its liveness probe failed 3 times' } as const;
  assert.equal(endingOf(instance(0, {}), failed, tools).how, failed.why);
});
