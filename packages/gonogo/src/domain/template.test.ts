// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fill, isTemplate, missingIn, namesIn } from './template.ts';

test('names are filled once, and what has no value stays', () => {
  assert.deepEqual(namesIn('${A}-${B_2}-$C-${1}'), ['A', 'B_2']);
  assert.equal(fill('${A}/${B}/$A', { A: '${B}', B: 'b' }), '${B}/b/$A');
  assert.equal(fill('${NONE}${EMPTY}', { EMPTY: '' }), '${NONE}${EMPTY}');
  assert.deepEqual(missingIn('${A}${NONE}${EMPTY}${toString}', { A: 'a', EMPTY: '' }), [
    'NONE',
    'EMPTY',
    'toString',
  ]);
});

test('an unfinished placeholder is no template', () => {
  assert.deepEqual(['${A', '${}', '${a-b}', '${A}', '$A', '{A}'].map(isTemplate), [
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
});
