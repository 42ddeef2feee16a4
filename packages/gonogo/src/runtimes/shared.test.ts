import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedPaths } from './shared.ts';

test('only folders inside a release can be shared', () => {
  assert.deepEqual(sharedPaths(['./data//uploads/', 'data/up']), ['data/uploads', 'data/up']);
  for (const path of ['..', 'a/../..', '/etc', '.', 'a/../../b', ''])
    assert.throws(() => sharedPaths([path]), { code: 'SHARED_UNSAFE' }, path);
});

test('none can lie in another one, in which whoever runs there could put a link to anywhere in its place', () => {
  for (const paths of [
    ['a', 'a/b'],
    ['a/b', './a/'],
    ['a/b/c', 'x', 'a/b'],
    ['a', 'a'],
  ])
    assert.throws(() => sharedPaths(paths), { code: 'SHARED_UNSAFE', message: /lies in a/ }, paths.join());
});
