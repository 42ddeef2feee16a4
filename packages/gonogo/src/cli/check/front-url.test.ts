import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frontUrl } from './front-url.ts';

test('a front is asked as users ask it: by its name, by HTTPS where it speaks that, and else at its address', () => {
  const tls = { certificate: '/c', key: '/k' };
  assert.equal(frontUrl({ host: '0.0.0.0', port: 80 }, undefined), 'http://127.0.0.1:80');
  assert.equal(frontUrl({ host: '::', port: 80 }, {}), 'http://[::1]:80');
  assert.equal(frontUrl({ host: '10.0.0.1', port: 443 }, { tls }), 'https://10.0.0.1:443');
  const hosts = ['*.shop.example', 'shop.example'];
  assert.equal(frontUrl({ host: '0.0.0.0', port: 443 }, { tls, hosts }), 'https://shop.example:443');
});
