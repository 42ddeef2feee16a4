import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verbs } from '../packages/gonogo/src/cli/verbs.ts';
import { cliPage } from './reference-cli.ts';

test('the page of the command line has every command, and no option without a word about it', async () => {
  const page = await cliPage();
  for (const { name } of verbs) assert.match(page, new RegExp(`^## gonogo ${name}\\b`, 'm'));
  assert.match(page, /^- `--plan`: print what would be done/m);
  assert.match(page, /^## gonogo agent stop$/m);
  assert.doesNotMatch(page, /`: *$/m);
});
