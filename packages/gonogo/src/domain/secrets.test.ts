import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretsOf } from './secrets.ts';

const env = { TOKEN: { secret: true, required: true }, LEVEL: { secret: false, required: true } };

test('what is declared secret or not declared at all is secret', () => {
  assert.deepEqual(secretsOf({ TOKEN: 'production', LEVEL: 'verbose', OTHER: 'unknown-value' }, { env }), [
    'production',
    'unknown-value',
  ]);
});

test('what is too short to be found, and what everybody has, is not', () => {
  assert.deepEqual(secretsOf({ TOKEN: 'abc', NODE_ENV: 'Production', DEBUG: 'true' }, { env }), []);
});

test('the password of a URL is secret in any variable, as it is written and as it is meant', () => {
  const values = { LEVEL: 'postgres://me:p%40ss%2Fw@db:5432/shop' };
  assert.deepEqual(secretsOf(values, { env }), ['p%40ss%2Fw', 'p@ss/w']);
  assert.deepEqual(secretsOf({ LEVEL: 'redis://:hunter2@h' }, { env }), ['hunter2']);
  assert.deepEqual(secretsOf({ LEVEL: 'x://u:100%off@h' }, { env }), ['100%off']);
  assert.deepEqual(secretsOf({ LEVEL: 'https://example.com/a:b@c' }, { env }), []);
});

test('a secret of several lines is secret line by line, but for the frame of a key', () => {
  const key = '-----BEGIN KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n-----END KEY-----\n';
  const found = secretsOf({ TOKEN: key }, { env });
  assert.ok(found.includes('MIIEvQIBADAN') && found.includes('BgkqhkiG9w0B') && found.includes(key));
  assert.ok(!found.includes('-----BEGIN KEY-----'));
});
