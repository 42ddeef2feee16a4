import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { immutableCopy, removeUnusedCopies } from './code-copy.ts';

async function installed(t: TestContext): Promise<{ entry: string; root: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-code-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const dist = join(folder, 'package', 'dist');
  await mkdir(dist, { recursive: true });
  await writeFile(join(folder, 'package', 'package.json'), '{"type":"module","version":"1.0.0"}');
  await writeFile(join(dist, 'agent.js'), `import { say } from './chunk.js';\nsay(import.meta.url);`);
  await writeFile(join(dist, 'chunk.js'), 'export const say = (text) => console.log(text);');
  return { entry: join(dist, 'agent.js'), root: join(folder, 'state') };
}

test('a bundled program runs on when its package is taken away', async (t) => {
  const { entry, root } = await installed(t);
  const { node, entry: copied } = await immutableCopy(entry, root);
  await rm(join(root, '..', 'package'), { recursive: true });
  assert.ok(copied.startsWith(root) && node.startsWith(root));
  const { stdout } = await promisify(execFile)(node, [copied]);
  assert.match(stdout, /dist\/agent\.js\n$/);
});

test('the same code is copied once, also by two commands at once; other code gets a folder of its own', async (t) => {
  const { entry, root } = await installed(t);
  const copies = await Promise.all([immutableCopy(entry, root), immutableCopy(entry, root)]);
  assert.deepEqual(copies[0], copies[1]);
  assert.deepEqual(await immutableCopy(entry, root), copies[0]);
  await writeFile(entry, 'console.log(2);');
  assert.notEqual((await immutableCopy(entry, root)).entry, copies[0]?.entry);
  assert.equal((await readdir(join(root, 'code'))).length, 2);
});

test('copies that nobody runs go after an hour; one that a process runs stays', async (t) => {
  const { entry, root } = await installed(t);
  await writeFile(entry, 'setInterval(() => {}, 1000); console.log("running");');
  const used = await immutableCopy(entry, root);
  const child = spawn(used.node, [used.entry], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  await writeFile(entry, 'console.log(2);');
  await immutableCopy(entry, root);
  await removeUnusedCopies(root);
  assert.equal((await readdir(join(root, 'code'))).length, 2, 'both are young');
  await removeUnusedCopies(root, Date.now() + 2 * 3_600_000);
  const [left, ...others] = await readdir(join(root, 'code'));
  assert.ok(left && used.entry.includes(left) && others.length === 0);
  await removeUnusedCopies(join(root, 'none'));
});

test('a TypeScript source runs in place', async () => {
  const program = { node: process.execPath, entry: import.meta.filename };
  assert.deepEqual(await immutableCopy(import.meta.filename, '/none'), program);
});
