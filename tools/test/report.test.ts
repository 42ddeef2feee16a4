import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Executed, exec } from '../../packages/gonogo/src/system/exec.ts';

const runner = `
  import { run } from 'node:test';
  import { endsWithItsTests } from '${join(import.meta.dirname, 'ending.ts')}';
  import { report } from '${join(import.meta.dirname, 'report.ts')}';
  const events = run({ files: [process.argv[2]], ...endsWithItsTests });
  if (process.argv[3] === 'slowly') events.on('test:pass', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2));
  const ok = await report(events, process.stdout, { requireAll: process.argv[3] === 'all' });
  process.exitCode = ok ? 0 : 1;
`;

/** Runs a test file of this content as its own run, in a process of its own: runs do not nest. */
async function runFile(content: string, require = ''): Promise<Executed> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-report-'));
  const [main, file] = [join(folder, 'run.mjs'), join(folder, 'sample.test.mjs')];
  try {
    await writeFile(main, runner);
    await writeFile(file, `import { test } from 'node:test';\n${content}`);
    return await exec([process.execPath, main, file, require], { cwd: folder, env: { NO_COLOR: '1' } });
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the summary of the runner comes last, after the skipped tests with their reasons', async () => {
  const { code, stdout } = await runFile(
    `test('a', () => {}); test('b', { skip: 'no database here' }, () => {});`,
  );
  assert.equal(code, 0);
  assert.match(stdout, /Skipped:\n {2}.*sample\.test\.mjs: b\n {4}no database here\n/);
  assert.match(stdout, /ℹ tests 2\n(ℹ .*\n)*ℹ skipped 1\nℹ todo 0\nℹ duration_ms [\d.]+\n*$/);
});

test('a skipped test is a failure where everything is required', async () => {
  const { code, stdout } = await runFile(`test('b', (t) => t.skip('no database here'));`, 'all');
  assert.equal(code, 1);
  assert.match(stdout, /Skipped, which is a failure with GONOGO_REQUIRE=all:\n/);
});

test('a failing test is explained before the summary', async () => {
  const { code, stdout } = await runFile(`test('c', () => { throw new Error('broken on purpose'); });`);
  assert.equal(code, 1);
  assert.match(stdout, /failing tests:[\s\S]*broken on purpose[\s\S]*ℹ fail 1\n/);
});

test('no result is lost, however slowly results are taken and whatever a test has left open', async () => {
  const { code, stdout } = await runFile(
    `import { createServer } from 'node:net';
     test('left open', () => void createServer().listen(0, '127.0.0.1'));
     for (let i = 0; i < 500; i += 1) test('x'.repeat(500) + i, () => {});`,
    'slowly',
  );
  assert.equal(code, 0);
  assert.match(stdout, /ℹ tests 501\nℹ suites 0\nℹ pass 501\n/);
});
