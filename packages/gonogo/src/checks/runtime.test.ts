import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { CheckResult, Program } from '../domain/check.ts';
import { runtimeSpecs } from './reach.ts';
import { checkRunner } from './run.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-runtime-'));
after(() => rm(root, { recursive: true, force: true }));

let folders = 0;

/** A folder with one program in it that says this. */
async function programThat(name: string, script: string): Promise<string> {
  const folder = join(root, `p${folders++}`);
  await mkdir(folder);
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
  return folder;
}

async function ask(contract: Partial<Record<Program, string>>, folder: string): Promise<CheckResult> {
  const at = { from: 'this host', values: { PATH: folder }, cwd: root };
  const run = { secrets: [], signal: new AbortController().signal };
  const [result, ...more] = await checkRunner().run(runtimeSpecs({ runtime: contract }), at, run);
  assert.ok(result && more.length === 0);
  return result;
}

const told: [program: Program, command: string, prints: string, version: string][] = [
  ['node', 'node', 'echo v24.20.0', '24.20.0'],
  ['bun', 'bun', 'echo 1.3.2', '1.3.2'],
  ['deno', 'deno', "echo 'deno 2.5.1 (stable, release)'; echo 'v8 14.0.1'", '2.5.1'],
  ['java', 'java', `echo 'Picked up JAVA_TOOL_OPTIONS: -Xmx1g' >&2; echo 'openjdk version "21"' >&2`, '21'],
  ['php', 'php', "echo 'PHP 8.2.29 (cli) (built: Jul  3 2026 16:16:05) (NTS)'", '8.2.29'],
  ['python', 'python3', "echo 'Python 3.11.2'", '3.11.2'],
  ['ruby', 'ruby', "echo 'ruby 3.1.2p20 (2022-04-12 revision 4491bb740a) [x86_64-linux-gnu]'", '3.1.2'],
];

for (const [program, command, prints, version] of told) {
  test(`${program} is asked for its version as it tells it`, async () => {
    const folder = await programThat(command, prints);
    const right = await ask({ [program]: `>=${version.split('.')[0]}` }, folder);
    assert.deepEqual([right.name, right.verdict, right.saw], [`runtime ${program}`, 'pass', `is ${version}`]);
    const wrong = await ask({ [program]: '>=99' }, folder);
    assert.deepEqual([wrong.verdict, wrong.saw], ['fail', `is ${version}, and the release needs >=99`]);
  });
}

test('ranges are those of npm', async () => {
  const folder = await programThat('node', 'echo v22.4.1');
  for (const range of ['22', '^22.4', '>=20 <23', '18 || 22', '~22.4.0', '22.x'])
    assert.equal((await ask({ node: range }, folder)).verdict, 'pass', range);
  for (const range of ['<22', '^20', '>22.5', '18 || 20', '~22.3.0', '21.x'])
    assert.equal((await ask({ node: range }, folder)).verdict, 'fail', range);
});

test('a version that cannot be known is unknown, which is no pass', async () => {
  const missing = await ask({ ruby: '>=3' }, root);
  assert.equal(missing.verdict, 'unknown');
  assert.match(missing.saw, /^its version cannot be known: .*ruby/);
  const silent = await ask({ node: '>=20' }, await programThat('node', 'exit 3'));
  assert.deepEqual(
    [silent.verdict, silent.saw],
    ['unknown', 'its version cannot be known: node --version ended with exit code 3'],
  );
  const other = await ask({ node: '>=20' }, await programThat('node', 'echo not the node you think'));
  assert.match(other.saw, /node --version said .*not the node you think/);
});
