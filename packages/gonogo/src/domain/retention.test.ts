import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Shelved, surplus } from './retention.ts';

const release = (digest: string, contents: Record<string, number> = {}, needed = false): Shelved => ({
  digest,
  needed,
  contents: new Map(Object.entries(contents)),
});

const plenty = { releases: 100, bytes: 1e9 };

test('what is needed stays, however old; of the rest the newest stay', () => {
  const shelved = [release('5'), release('4'), release('3', {}, true), release('2'), release('1', {}, true)];
  assert.deepEqual(surplus(shelved, { ...plenty, releases: 2 }), ['2']);
  assert.deepEqual(surplus(shelved, { ...plenty, releases: 1 }), ['4', '2']);
  assert.deepEqual(surplus(shelved, plenty), []);
});

test('the newest stays even when nothing may be kept', () => {
  assert.deepEqual(surplus([release('2', { a: 10 }), release('1')], { releases: 0, bytes: 0 }), ['1']);
});

test('what releases have in common counts once', () => {
  const common = { libraries: 200 };
  const shelved = ['4', '3', '2', '1'].map((digest) => release(digest, { ...common, [digest]: 10 }));
  assert.deepEqual(surplus(shelved, { ...plenty, bytes: 230 }), ['1']);
  assert.deepEqual(surplus(shelved, { ...plenty, bytes: 210 }), ['3', '2', '1']);
});

test('what is needed counts against the disk, but is never taken', () => {
  const shelved = [release('3', { a: 1 }), release('2', { b: 1 }), release('1', { c: 500 }, true)];
  assert.deepEqual(surplus(shelved, { ...plenty, bytes: 100 }), ['2']);
});

test('a small old release may stay where a large newer one goes', () => {
  const shelved = [release('3', { a: 1 }), release('2', { b: 500 }), release('1', { c: 1 })];
  assert.deepEqual(surplus(shelved, { ...plenty, bytes: 100 }), ['2']);
});
