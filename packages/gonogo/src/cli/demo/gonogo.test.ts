import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineReader } from './gonogo.ts';

test('a line that comes in pieces is told once, whole', () => {
  const lines: string[] = [];
  const read = lineReader((line) => lines.push(line));
  for (const piece of ['{"a"', ':1}\n{"b":2}\n{', '"c":3}', '\n']) read(piece);
  assert.deepEqual(lines, ['{"a":1}', '{"b":2}', '{"c":3}']);
});
