import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, suggest } from './suggest.ts';

test('a misspelt word finds the one that was meant', () => {
  const known = ['command', 'replicas', 'stop', 'shared'];
  assert.equal(suggest('replcias', known), 'replicas');
  assert.equal(suggest('Command', known), 'command');
  assert.equal(suggest('sahred', known), 'shared');
});

test('a word that is like none finds nothing', () => {
  assert.equal(suggest('banana', ['command', 'stop']), undefined);
  assert.equal(suggest('x', []), undefined);
});

test('swapped neighbours are one mistake', () => {
  assert.equal(editDistance('ab', 'ba'), 1);
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(editDistance('', 'abc'), 3);
});
