// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvRule } from '../domain/check.ts';
import type { Values } from '../domain/revision.ts';
import { env } from './env.ts';
import type { Answer } from './kind.ts';

const asking = { timeout: 1000, signal: AbortSignal.timeout(60_000), redact: String };
const plain: EnvRule = { secret: false, required: true };

function ask(values: Values, rule: Partial<EnvRule> = {}): Promise<Answer> {
  const spec = {
    name: 'env A',
    kind: 'env',
    variable: 'A',
    rule: { ...plain, ...rule },
    timeout: 1,
    retry: { times: 0, delay: 0 },
    tags: [],
  } as const;
  return env(spec, { ...asking, at: { from: 'x', cwd: '/', values } });
}

const brief = async (values: Values, rule?: Partial<EnvRule>): Promise<string> => {
  const { verdict, failure, saw } = await ask(values, rule);
  return `${verdict}${failure ? ` ${failure}` : ''}: ${saw}`;
};

test('a variable is there or missing, and set but empty is missing', async () => {
  assert.equal(await brief({ A: 'x' }), 'pass: is set');
  assert.equal(await brief({}), 'fail missing: A is not set');
  assert.equal(await brief({ A: '' }), 'fail missing: A is set but empty, which counts as missing');
  assert.equal(await brief({}, { required: false }), 'pass: is not set, and is not required');
  assert.equal(await brief({ A: '' }, { required: false, default: 'd' }), 'pass: has its default');
});

test('what every object has is not a variable', async () => {
  const spec = {
    name: '',
    kind: 'env',
    variable: 'constructor',
    rule: plain,
    timeout: 1,
    retry: { times: 0, delay: 0 },
    tags: [],
  } as const;
  assert.equal((await env(spec, { ...asking, at: { from: 'x', cwd: '/', values: {} } })).failure, 'missing');
});

const formats: [format: NonNullable<EnvRule['format']>, good: string[], bad: string[]][] = [
  ['url', ['https://a', 'postgres://u:p@h/d', 'redis://h'], ['a', 'host:80', '//a', 'http//a']],
  ['number', ['1', '-1.5', '1e3'], ['', 'one', '1px', '0x10', 'Infinity', '1,5']],
  ['boolean', ['true', 'FALSE', '1', 'off'], ['maybe', '2', 'truee']],
  ['email', ['a@b', 'a.b@c.example'], ['a', 'a@', '@b', 'a b@c']],
  ['json', ['{}', '[1]', '"a"'], ['{', "{'a':1}", 'undefined']],
];
for (const [format, good, bad] of formats) {
  test(`the format ${format} takes what it should, and nothing else`, async () => {
    for (const value of good) assert.equal(await brief({ A: value }, { format }), 'pass: is set', value);
    for (const value of bad.filter((text) => text !== ''))
      assert.match(await brief({ A: value }, { format }), /^fail format: A is not/, value);
  });
}

test('a value outside of the list fails', async () => {
  assert.equal(await brief({ A: 'b' }, { oneOf: ['a', 'b'] }), 'pass: is set');
  assert.equal(await brief({ A: 'c' }, { oneOf: ['a', 'b'] }), 'fail format: A is none of a, b: "c"');
});

test('the value of a secret is never shown', async () => {
  assert.equal(
    await brief({ A: 'hunter2' }, { secret: true, format: 'url' }),
    'fail format: A is not a URL (scheme://…)',
  );
  assert.doesNotMatch(JSON.stringify(await ask({ A: 'hunter2\n' }, { secret: true })), /hunter2/);
});

const smells: [value: string, hint: RegExp][] = [
  ['abc\n', /line break/],
  [' abc', /blanks/],
  ['"abc"', /quotes/],
  ["'abc'", /quotes/],
  ['http://${HOST}/x', /nothing filled/],
  ['changeme', /placeholder/],
  ['your-api-key', /placeholder/],
  ['<token>', /placeholder/],
  ['xxxx', /placeholder/],
];
for (const [value, hint] of smells) {
  test(`${JSON.stringify(value)} is warned of`, async () => {
    const answer = await ask({ A: value });
    assert.deepEqual([answer.verdict, answer.failure], ['warn', 'suspicious']);
    assert.match(answer.hint ?? '', hint);
  });
}

test('ordinary values are not warned of', async () => {
  for (const value of ['abc', "it's", '"', 'a"b"', '$5', '{"a":1}', 'todo-app', 'production']) {
    assert.equal((await ask({ A: value })).verdict, 'pass', value);
  }
});
