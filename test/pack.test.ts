import assert from 'node:assert/strict';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { transform } from 'esbuild';
import type { Processes, RolloutDetail } from '../packages/gonogo/src/api/contract.ts';
import { problem } from '../packages/gonogo/src/errors.ts';
import { removeTree } from '../packages/gonogo/src/runtimes/process/view.ts';
import { type Executed, exec } from '../packages/gonogo/src/system/exec.ts';

const root = join(import.meta.dirname, '..');
const launcher = join(root, 'packages', 'gonogo', 'bin', 'gonogo.js');
const { version } = JSON.parse(await readFile(join(root, 'packages/gonogo/package.json'), 'utf8')) as {
  version: string;
};

/** Node 24 first, as npm has it, and no registry to reach: what is installed must be in the two archives. */
const environment = (home: string): Record<string, string> => ({
  HOME: home,
  PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`,
  npm_config_registry: 'http://127.0.0.1:9',
  npm_config_cache: join(home, 'npm'),
  npm_config_update_notifier: 'false',
  GONOGO_STATE: join(home, 's'),
});

async function run(argv: readonly string[], cwd: string, home: string): Promise<Executed> {
  const ended = await exec(argv, { cwd, env: environment(home) });
  assert.equal(ended.code, 0, `${argv.join(' ')}\n${ended.stdout}${ended.stderr}`);
  return ended;
}

/** The first node on PATH that is too old, if there is one. */
function oldNode(): string | undefined {
  const folders = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  return folders.map((folder) => join(folder, 'node')).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not for us: the next folder of PATH may have one.
  }
}

const server = `import http from 'node:http';
const server = http.createServer((_, response) => response.end('hello')).listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

const configuration = `service: site
artifact: { bundle: { from: ., include: [server.mjs] } }
run: { command: [node, server.mjs] }
environments: { production: { strategy: blue-green, watch: { for: 500ms } } }
`;

describe('the packed packages, installed in an empty folder', () => {
  let home = '';
  let project = '';

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'gonogo-pack-'));
    project = join(home, 'project');
    await mkdir(project);
    await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
    await run(['npm', 'pack', '--workspaces', '--pack-destination', home], root, home);
    const archives = (await readdir(home))
      .filter((name) => name.endsWith('.tgz'))
      .map((name) => join(home, name));
    assert.equal(archives.length, 2, archives.join(' '));
    await run(['npm', 'install', '--offline', '--no-audit', '--no-fund', ...archives], project, home);
  });
  after(() => removeTree(home)); // Releases are read-only.

  test('gonogo runs by its name, and by npx', async () => {
    const direct = await run([join(project, 'node_modules/.bin/gonogo'), '--version'], project, home);
    assert.equal(direct.stdout.trim(), version);
    const npx = await run(['npx', '--offline', 'gonogo', '--version'], project, home);
    assert.equal(npx.stdout.trim(), version);
  });

  test('a service goes live with it, from an empty folder, and its agent runs from its own copy of the code', async () => {
    const folder = join(home, 'site');
    await mkdir(folder);
    await writeFile(join(folder, 'server.mjs'), server);
    await writeFile(join(folder, 'gonogo.yaml'), configuration);
    const gonogo = join(project, 'node_modules/.bin/gonogo');
    try {
      const { stdout } = await run([gonogo, 'deploy', 'production', '--format', 'json'], folder, home);
      const { verdict, front } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as RolloutDetail;
      assert.equal(verdict, 'GO', stdout);
      const answer = await fetch(`http://${front?.host}:${front?.port}/`);
      assert.equal(await answer.text(), 'hello');
      const { agent } = await status(gonogo, folder);
      const program = await readFile(`/proc/${agent.pid}/cmdline`, 'utf8');
      assert.ok(program.includes(join(home, 's', 'code')), program.replaceAll('\0', ' '));
    } finally {
      await run([gonogo, 'agent', 'stop', '--all'], folder, home);
    }
  });

  const status = async (gonogo: string, folder: string): Promise<Processes> =>
    JSON.parse(
      (await run([gonogo, 'agent', 'status', '--format', 'json'], folder, home)).stdout,
    ) as Processes;

  test('nothing came along but the two packages', async () => {
    const names = await readdir(join(project, 'node_modules'));
    assert.deepEqual(names.filter((name) => !name.startsWith('.')).sort(), ['@gonogo', 'gonogo']);
  });

  test('the licences of the bundled libraries are in the package', async () => {
    const text = await readFile(join(project, 'node_modules/gonogo/dist/THIRD-PARTY.txt'), 'utf8');
    for (const library of ['commander', 'zod', 'pg', 'hono'])
      assert.match(text, new RegExp(`^${library} \\d`, 'm'));
    await readFile(join(project, 'node_modules/gonogo/LICENSE'));
  });

  test('@gonogo/health can be imported, with its types', async () => {
    await writeFile(
      join(project, 'use.ts'),
      `import * as health from '@gonogo/health';\nexport const names: string[] = Object.keys(health);\nconsole.log(names.length);\n`,
    );
    const { stdout } = await run([process.execPath, 'use.ts'], project, home);
    assert.ok(Number(stdout) > 0, 'it exports nothing');
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')];
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', ...types];
    await run([process.execPath, tsc, ...flags, 'use.ts'], project, home);
  });
});

describe('the launcher', () => {
  const tooOld = (found: string): string => `${problem('NODE_TOO_OLD', { version: found }).message}\n`;

  test('says in one sentence that this Node.js is too old, and ends with 2', async (t) => {
    const node = oldNode();
    const found = node && (await exec([node, '--version'], { cwd: root, env: {} })).stdout.trim();
    const [major = 0, minor = 0] = (found ?? 'v99').slice(1).split('.').map(Number);
    if (!node || !found || major > 24 || (major === 24 && minor >= 20))
      return t.skip('there is no old Node.js on PATH');
    const { code, stdout, stderr } = await exec([node, launcher, '--version'], { cwd: root, env: {} });
    assert.deepEqual({ code, stdout, stderr }, { code: 2, stdout: '', stderr: tooOld(found) });
  });

  test('is written in the syntax of Node.js 12', async () => {
    const text = (await readFile(launcher, 'utf8')).replace(/^#!.*\n/, '');
    const [old, current] = await Promise.all(
      ['node12.22', 'esnext'].map((target) => transform(text, { target })),
    );
    assert.equal(old?.code, current?.code, 'esbuild had to rewrite it');
  });
});
