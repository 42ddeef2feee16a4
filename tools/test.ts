import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import { endsWithItsTests } from './test/ending.ts';
import { report } from './test/report.ts';

// npm test [-- PATH… [--test-name-pattern REGEX]]: every test, or those whose path contains one of the arguments.
const minute = 60_000;
const root = join(import.meta.dirname, '..');
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'test-name-pattern': { type: 'string', multiple: true } },
});

/** The slowest first, so that the last file to start is a short one. */
const folders = ['test/e2e', 'test', 'examples', 'bench', 'tools', 'packages'];

function testFiles(): string[] {
  const found = folders.flatMap((folder) => globSync(`${folder}/**/*.test.ts`, { cwd: root }).sort());
  const files = [...new Set(found)].filter((path) => !/(^|\/)(node_modules|dist)\//.test(path));
  const wanted = positionals.map((path) => path.replace(/^\.\//, ''));
  return files.filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)));
}

/** Runs the files against a state folder of their own; true if all passed. */
async function runTests(files: readonly string[]): Promise<boolean> {
  const state = await mkdtemp(join(tmpdir(), 'gonogo-test-'));
  process.env.GONOGO_STATE = join(state, 'state');
  process.env.XDG_STATE_HOME = state;
  try {
    const events = run({
      cwd: root,
      files: files.map((path) => join(root, path)),
      concurrency: Math.max(2, availableParallelism()),
      timeout: 3 * minute,
      ...endsWithItsTests,
      signal: AbortSignal.timeout(22 * minute),
      ...(values['test-name-pattern'] ? { testNamePatterns: values['test-name-pattern'] } : {}),
    });
    return await report(events, process.stdout, { requireAll: process.env.GONOGO_REQUIRE === 'all' });
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

const files = testFiles();
if (files.length === 0) console.error(`no test file matches ${positionals.join(' ')}`);
process.exitCode = files.length > 0 && (await runTests(files)) ? 0 : 1;
