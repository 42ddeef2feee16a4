import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scopeOf } from './health-body.ts';

test('a body names what it blames by itself', () => {
  assert.equal(scopeOf({ status: 'fail', scope: 'shared' }), 'shared');
  assert.equal(scopeOf({ status: 'fail', scope: 'local', checks: {} }), 'local');
});

test('or by its checks: only if every critical one that fails is shared', () => {
  const db = [{ status: 'fail', scope: 'shared' }];
  const disk = [{ status: 'fail', scope: 'local' }];
  assert.equal(scopeOf({ checks: { db } }), 'shared');
  assert.equal(scopeOf({ checks: { db: db[0] } }), 'shared');
  assert.equal(scopeOf({ checks: { db, disk } }), 'local');
  assert.equal(scopeOf({ checks: { db, disk: [{ ...disk[0], critical: false }] } }), 'shared');
  assert.equal(scopeOf({ checks: { db, cache: [{ status: 'pass', scope: 'local' }] } }), 'shared');
  assert.equal(scopeOf({ checks: { db: [{ status: 'fail' }] } }), 'local');
});

test('a body that blames nobody tells nothing', () => {
  for (const body of [
    undefined,
    null,
    'fail',
    [],
    {},
    { scope: 'galaxy' },
    { checks: { db: [{ status: 'pass' }] } },
  ])
    assert.equal(scopeOf(body), undefined);
});
