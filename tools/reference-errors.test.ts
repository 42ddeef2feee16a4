import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '../packages/gonogo/src/errors.ts';
import { errorsPage } from './reference-errors.ts';

test('every error of the catalogue is on the page, with a whole sentence', () => {
  const page = errorsPage();
  for (const code of Object.keys(catalogue)) assert.ok(page.includes(`## ${code}\n\n> `), code);
  assert.doesNotMatch(page, /undefined|\[object|=>|NaN/);
});
