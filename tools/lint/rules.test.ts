import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findIn, unusedCodes } from './rules.ts';

const count = (text: string, path = 'packages/gonogo/src/engine/a.ts'): number =>
  findIn({ path, text }).length;

test('a shell is found, however it is asked for', () => {
  assert.equal(count(`spawn('ls', [], { ${'shell'}: true })`), 1);
  assert.equal(count(`spawn('ls', [], { ${'shell'}: '/bin/sh' })`), 1);
  assert.equal(count(`${'child_process'}.exec('ls')`), 1);
  assert.equal(count('const answer = await exec(argv, { cwd });'), 0);
});

test('a silenced compiler is found, in comments too', () => {
  assert.equal(count(`// @ts-${'expect-error'} later`), 1);
  assert.equal(count('// a comment that names the ts-compiler'), 0);
});

test('the domain may not look at a clock, other rooms may', () => {
  assert.equal(count('const now = Date.now();', 'packages/gonogo/src/domain/a.ts'), 1);
  assert.equal(count('const now = Date.now();'), 0);
});

test('a code of the catalogue that only the catalogue names is unused', () => {
  const sources = [
    { path: 'src/errors/a.ts', text: `'LONELY'` },
    { path: 'src/cli/b.ts', text: `problem('USED', {})` },
  ];
  assert.deepEqual(unusedCodes(['USED', 'LONELY'], sources), ['LONELY']);
});
