import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { EnvRule } from '../domain/check.ts';
import type { EnvSource } from './project.ts';
import { type Resolved, resolveValues } from './values.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gonogo-values-'));
  await writeFile(join(folder, '.env'), 'A=file\nB="two words"\nEMPTY=\n# C=comment\nexport D=exported\n');
  await writeFile(join(folder, 'later.env'), 'A=later\nB=\n');
});
after(() => rm(folder, { recursive: true }));

const rule: EnvRule = { secret: false, required: true };
type Options = { readonly env?: Record<string, EnvRule>; readonly shell?: Record<string, string> };

const resolve = (sources: readonly EnvSource[], { env = {}, shell = {} }: Options = {}): Promise<Resolved> =>
  resolveValues({ env: sources }, { contract: { env }, shell: { PATH: process.env.PATH, ...shell }, folder });

const print = (text: string): EnvSource => ({
  command: [process.execPath, '-e', `console.log(${JSON.stringify(text)})`],
});

test('files and commands are read in order, and later ones win', async () => {
  const { values, problems } = await resolve([
    { file: '.env' },
    print('A=command\nE=e'),
    { file: 'later.env' },
  ]);
  assert.deepEqual([values, problems], [{ A: 'later', B: 'two words', D: 'exported', E: 'e' }, []]);
});

test('set but empty is missing: it hides nothing and is not kept', async () => {
  const { values } = await resolve([{ file: '.env' }, { file: 'later.env' }], {
    env: { EMPTY: { ...rule, default: 'd' } },
  });
  assert.deepEqual([values.B, values.EMPTY], ['two words', 'd']);
});

test('the shell gives only what the contract names, and what is listed wins over it', async () => {
  const shell = { A: 'shell', S: 'shell', UNNAMED: 'shell', Z: '' };
  const env = { A: rule, S: rule, Z: { ...rule, default: 'default' }, T: { ...rule, default: 'default' } };
  const { values } = await resolve([{ file: '.env' }], { env, shell });
  assert.deepEqual(values, {
    A: 'file',
    B: 'two words',
    D: 'exported',
    S: 'shell',
    Z: 'default',
    T: 'default',
  });
});

test('every source that cannot be read is a problem with its name', async () => {
  const exit = { command: [process.execPath, '-e', 'console.log("SECRET=hunter2"); process.exit(7)'] };
  const { problems } = await resolve([
    { file: 'none.env' },
    { file: '.' },
    { command: ['no-such-command'] },
    exit,
  ]);
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['ENV_FILE_UNREADABLE', 'ENV_FILE_UNREADABLE', 'ENV_COMMAND_FAILED', 'ENV_COMMAND_FAILED'],
  );
  assert.match(problems[0]?.message ?? '', /none\.env cannot be read: there is no such file/);
  assert.match(problems[2]?.message ?? '', /there is no such command/);
  assert.match(problems[3]?.message ?? '', /exit code 7/);
});

test('a command is run without a shell, in the project’s folder, and all of its output counts', async () => {
  const code = `console.log('CWD=' + process.cwd() + '\\nARG=' + process.argv[1]);
    for (let i = 0; i < 3000; i++) console.log('V' + i + '=' + 'x'.repeat(50));`;
  const { values } = await resolve([{ command: [process.execPath, '-e', code, '$HOME;ls'] }]);
  assert.deepEqual(
    [values.CWD, values.ARG, values.V0?.length, values.V2999?.length],
    [folder, '$HOME;ls', 50, 50],
  );
});

test('names that every object has are names like others', async () => {
  const { values } = await resolve([print('constructor=c\ntoString=t')]);
  assert.deepEqual(Object.entries(values), [
    ['constructor', 'c'],
    ['toString', 't'],
  ]);
});
