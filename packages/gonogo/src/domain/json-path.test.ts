import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJsonPath, readJsonPath } from './json-path.ts';

test('members, indices and quoted names are read', () => {
  assert.deepEqual(parseJsonPath('$'), []);
  assert.deepEqual(parseJsonPath('$.a.b-c[0]["d e"][\'f.g\'].h'), ['a', 'b-c', 0, 'd e', 'f.g', 'h']);
});

test('what could match several values, or none, is no path', () => {
  for (const text of [
    '',
    'a',
    '$.',
    '$..a',
    '$.*',
    '$[*]',
    '$[-1]',
    '$[0:1]',
    '$[?(@.a)]',
    '$.a b',
    '$[a]',
    '$["a]',
    '$ .a',
    '$.a.',
  ]) {
    assert.equal(parseJsonPath(text), undefined, text);
  }
});

test('every name is found again by its quoted path, and no other', () => {
  fc.assert(
    fc.property(fc.string(), fc.jsonValue(), (name, value) => {
      const path = parseJsonPath(`$[${JSON.stringify(name)}]`);
      assert.ok(path);
      assert.deepEqual(readJsonPath(JSON.parse(JSON.stringify({ [name]: value })), path), {
        value: JSON.parse(JSON.stringify(value)),
      });
      assert.equal(readJsonPath({}, path), undefined);
    }),
  );
});
