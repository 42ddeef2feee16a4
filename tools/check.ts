import { delimiter, join } from 'node:path';
import { exec } from '../packages/gonogo/src/system/exec.ts';

// npm run check: everything that can be known without running the product. One line each, in the order they finish.
const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules', '.bin');
const node = process.execPath;

const steps: Record<string, readonly string[]> = {
  types: [node, join(bin, 'tsc'), '-p', root],
  'lint and format': [node, join(bin, 'biome'), 'check', '--error-on-warnings', root],
  'house rules': [node, 'tools/lint.ts'],
  layers: [node, '--test', '--test-reporter=spec', 'test/layers.test.ts'],
  'dead code': [node, join(bin, 'knip'), '--no-progress'],
  lockfile: [node, 'tools/lockfile.ts', '--check'],
  'generated docs': [node, 'tools/reference.ts', '--check'],
};

/** Runs one step and prints its line, followed by what it said if it failed. */
async function check(name: string, argv: readonly string[]): Promise<boolean> {
  const started = performance.now();
  const env = { PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, HOME: process.env.HOME ?? '/' };
  const { code, stdout, stderr } = await exec(argv, { cwd: root, env });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? '✓' : '✗'} ${name.padEnd(16)} ${seconds.padStart(5)} s`);
  if (code !== 0) console.log(`${stdout}${stderr}`.trimEnd().replace(/^/gm, '    '));
  return code === 0;
}

const passed = await Promise.all(Object.entries(steps).map(([name, argv]) => check(name, argv)));
process.exitCode = passed.every(Boolean) ? 0 : 1;
