import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFingerprinted } from './assets.ts';

test('a name with a fingerprint is told from one without', () => {
  const yes = [
    '/app.3f2a1b9c.js',
    '/assets/index-DkT3x9Zq.css',
    '/a/_app-0f3c2a1b77.js.map',
    '/f.0123456789abcdef.woff2',
  ];
  const no = [
    '/',
    '/app.js',
    '/app-settings.js',
    '/jquery-3.7.1.min.js',
    '/3f2a1b9c/',
    '/3f2a1b9c',
    '/api/v1/orders',
  ];
  for (const path of yes) assert.equal(isFingerprinted(path), true, path);
  for (const path of no) assert.equal(isFingerprinted(path), false, path);
});
