import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configPage } from './reference-config.ts';

test('every key is on the page, in its section, with what it is for', () => {
  const page = configPage();
  for (const key of [
    'run.stop.grace',
    'contract.env.NAME.one_of',
    'checks[].expect.within',
    'environments.NAME.watch.p99',
  ]) {
    assert.match(page, new RegExp(`\\| \`${key.replace(/[[\].]/g, '\\$&')}\` \\| [^|]+ \\| \\S`), key);
  }
  assert.doesNotMatch(page, /undefined|\[object|NaN/);
});

test('what is not built yet is said to be so', () => {
  assert.match(configPage(), /`environments\.NAME\.notify` \| {2}\| Not supported yet/);
});

test('no key is without a word about it', () => {
  const rows = configPage().match(/^\| `.*$/gm) ?? [];
  assert.ok(rows.length > 60, `${rows.length} rows`);
  assert.deepEqual(
    rows.filter((row) => row.endsWith('|  |')),
    [],
  );
});
