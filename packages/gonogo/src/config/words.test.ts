import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitWords } from './words.ts';

const wordsOf = (text: string): readonly string[] => {
  const split = splitWords(text);
  assert.ok('words' in split, `${text}: ${'problem' in split ? split.problem : ''}`);
  return split.words;
};

test('words are split at blanks and joined by quotes, as a shell does it', () => {
  assert.deepEqual(wordsOf('npm run test:integration'), ['npm', 'run', 'test:integration']);
  assert.deepEqual(wordsOf(`  a  'b c'"d e"f  "" `), ['a', 'b cd ef', '']);
  assert.deepEqual(wordsOf(String.raw`a\ b "c\"d" 'e\f' "\n"`), [
    'a b',
    'c"d',
    String.raw`e\f`,
    String.raw`\n`,
  ]);
});

const refused = [
  'a | b',
  'a > f',
  'a < f',
  'a; b',
  'a & b',
  'a && b',
  'a $(b)',
  'a $B',
  'a "$B"',
  'a "`b`"',
  'a `b`',
].concat(['a *.ts', 'a ?', 'a [b]', '~/bin/a', 'a ~', 'A=1 b', 'a\nb', '(a)']);
for (const text of refused) {
  test(`what only a shell can do is refused: ${JSON.stringify(text)}`, () => {
    const split = splitWords(text);
    assert.ok('problem' in split && split.problem.includes('[sh, -c'), JSON.stringify(split));
  });
}

test('special characters in quotes are passed on as they are', () => {
  assert.deepEqual(wordsOf(`sh -c 'a | b > $C; *' "x;y" \\$z`), ['sh', '-c', 'a | b > $C; *', 'x;y', '$z']);
});

test('a quote or backslash that nothing ends, and an empty command, are refused', () => {
  for (const text of [`a 'b`, `a "b`, 'a "b\\"', 'a\\', '', '   '])
    assert.ok('problem' in splitWords(text), text);
});

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));

test('whatever is quoted comes back word for word', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
      assert.deepEqual(wordsOf(words.map(quote).join(' ')), words);
    }),
  );
});

const piece = fc.oneof(
  fc.constantFrom(' ', "'", '"', '\\', 'a', 'b', '-', '=', '/', '.', '\t', '#x', '$', '|', '*'),
  fc.string({ unit: 'grapheme-ascii', maxLength: 3 }),
);

test('it agrees with sh on everything that it accepts', () => {
  const accepted: { text: string; words: readonly string[] }[] = [];
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = `x ${pieces.join('')}`;
      const split = splitWords(text);
      // A comment and a brace are words to us and something else to some shells: neither runs anything.
      if ('words' in split && !/(^|\s)#|[{}!^]/.test(text)) accepted.push({ text, words: split.words });
    }),
    { numRuns: 500 },
  );
  assert.ok(accepted.length > 50, `only ${accepted.length} texts were accepted`);
  const script = accepted.map(
    ({ text }) => `x() { for w in x "$@"; do printf '%s\\0' "$w"; done; printf '\\n\\0'; }; ${text}`,
  );
  const printed = execFileSync('sh', ['-c', script.join('\n')], { encoding: 'utf8' });
  const seen = printed
    .split('\n\0')
    .slice(0, -1)
    .map((words) => words.split('\0').slice(0, -1));
  assert.deepEqual(
    seen,
    accepted.map(({ words }) => words),
  );
});
