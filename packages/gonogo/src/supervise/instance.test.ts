import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Health } from '../domain/release.ts';
import { adopted, type Condition, next, probesIn, type Sign, starting } from './instance.ts';

const probe = { get: '/', every: 1000, timeout: 1000, failures: 2, successes: 1 };
const health: Health = { startup: { ...probe, failures: 3 }, live: probe, ready: { ...probe, successes: 2 } };

const saw = (probeName: 'startup' | 'live' | 'ready', pass: boolean): Sign => ({ probe: probeName, pass });
const after = (from: Condition, ...signs: Sign[]): Condition =>
  signs.reduce((condition, sign) => next(condition, sign, health), from);

const started = after(starting, saw('startup', true));
const ready = after(started, saw('ready', true), saw('ready', true));

test('startup gates the other probes', () => {
  assert.deepEqual(probesIn(starting, health), ['startup']);
  assert.deepEqual(probesIn(started, health), ['ready', 'live']);
  assert.deepEqual(after(starting, saw('ready', true), saw('live', false)), starting);
});

test('an instance is ready only after as many passes in a row as its probe asks for', () => {
  assert.equal(after(started, saw('ready', true)).is, 'unready');
  assert.equal(after(started, saw('ready', true), saw('ready', false), saw('ready', true)).is, 'unready');
  assert.equal(ready.is, 'ready');
});

test('one failure takes nobody out of traffic, as many in a row as the probe tolerates do, and passes bring it back', () => {
  assert.equal(after(ready, saw('ready', false), saw('ready', true), saw('ready', false)).is, 'ready');
  const out = after(ready, saw('ready', false), saw('ready', false));
  assert.equal(out.is, 'unready');
  assert.equal(after(out, saw('ready', true), saw('ready', true)).is, 'ready');
});

test('an instance whose startup budget is spent, or that is not alive any more, has to be replaced', () => {
  const failing = [saw('startup', false), saw('startup', false), saw('startup', false)];
  assert.equal(after(starting, ...failing.slice(1)).is, 'starting');
  assert.equal(after(starting, ...failing).is, 'failed');
  assert.equal(after(ready, saw('live', false), saw('live', true), saw('live', false)).is, 'ready');
  assert.equal(after(ready, saw('live', false), saw('live', false)).is, 'failed');
});

test('failed liveness counts on while readiness comes and goes', () => {
  const out = after(ready, saw('live', false), saw('ready', false), saw('ready', false));
  assert.equal(after(out, saw('live', false)).is, 'failed');
});

test('what ran before we looked is ready by one pass and unready by repeated failures', () => {
  assert.equal(after(adopted, saw('ready', true)).is, 'ready');
  assert.equal(after(adopted, saw('ready', false)).is, 'adopted');
  assert.equal(after(adopted, saw('ready', false), saw('ready', false)).is, 'unready');
});

test('nothing comes after the end but a replacement', () => {
  for (const from of [starting, started, ready, adopted])
    assert.equal(after(from, { ended: true }).is, 'ended');
  assert.deepEqual(probesIn({ is: 'ended' }, health), []);
  assert.equal(after({ is: 'ended' }, saw('ready', true)).is, 'ended');
});
