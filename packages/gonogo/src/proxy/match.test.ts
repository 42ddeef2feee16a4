import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collision, type Reach } from '../wire/reach.ts';
import { makeMatcher } from './match.ts';

const reach = (value: string, hosts: string[], path = '/'): Reach<string> => ({ value, hosts, path });

test('the longest path wins, and ends at a slash', () => {
  const match = makeMatcher([reach('site', []), reach('api', [], '/api'), reach('v2', [], '/api/v2')]);
  assert.equal(match('shop', '/'), 'site');
  assert.equal(match('shop', '/apix'), 'site');
  assert.equal(match('shop', '/api'), 'api');
  assert.equal(match('shop', '/api/v20'), 'api');
  assert.equal(match('shop', '/api/v2/x'), 'v2');
});

test('a host that is named comes before a pattern, and a pattern before every host', () => {
  const match = makeMatcher([
    reach('all', []),
    reach('pattern', ['*.example']),
    reach('shop', ['shop.example'], '/'),
  ]);
  assert.equal(match('shop.example', '/'), 'shop');
  assert.equal(match('blog.example', '/'), 'pattern');
  assert.equal(match('a.blog.example', '/'), 'all');
  assert.equal(match('example', '/'), 'all');
  assert.equal(match('', '/'), 'all');
});

test('a host whose paths do not lead there leaves the request to whoever takes every host', () => {
  const match = makeMatcher([reach('all', []), reach('api', ['shop.example'], '/api')]);
  assert.equal(match('shop.example', '/other'), 'all');
  assert.equal(makeMatcher([reach('api', ['shop.example'], '/api')])('shop.example', '/'), undefined);
});

test('two for the same host and path collide, as two for every host do', () => {
  assert.deepEqual(collision([reach('a', ['x', 'y']), reach('b', ['y'])]), ['a', 'b']);
  assert.deepEqual(collision([reach('a', []), reach('b', [])]), ['a', 'b']);
  assert.equal(collision([reach('a', ['x']), reach('b', ['x'], '/api'), reach('c', [])]), undefined);
});
