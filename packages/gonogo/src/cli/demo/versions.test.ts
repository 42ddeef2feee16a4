import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isProblem } from '../../errors.ts';
import { makeProject, type Project } from './project.ts';
import { applyEdit, type VersionName, versions } from './versions.ts';

const urls = { staging: 'tcp://127.0.0.1:1', production: 'tcp://127.0.0.1:2', ledger: 'tcp://127.0.0.1:3' };

async function temporaryProject(t: TestContext): Promise<Project> {
  const root = await mkdtemp(join(tmpdir(), 'gonogo-demo-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return makeProject(join(root, 'shop'), urls);
}

async function filesOf(project: Project, version: VersionName): Promise<Record<string, string>> {
  await project.checkOut(version);
  const entries = await readdir(project.folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = paths
    .sort()
    .map(async (path) => [path.slice(project.folder.length + 1), await readFile(path, 'utf8')]);
  return Object.fromEntries(await Promise.all(pairs));
}

/** Lines of files that one version has and the other has not, as `file: +line` and `file: -line`. */
function differences(from: Record<string, string>, to: Record<string, string>): string[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return names.flatMap((name) => {
    const [before, after] = [from[name]?.split('\n') ?? [], to[name]?.split('\n') ?? []];
    if (name in to && !(name in from)) return [`${name}: new`];
    return [
      ...before.filter((line) => !after.includes(line)).map((line) => `${name}: -${line.trim()}`),
      ...after.filter((line) => !before.includes(line)).map((line) => `${name}: +${line.trim()}`),
    ];
  });
}

test('each version differs from the one it was made from exactly as the story tells', async (t) => {
  const project = await temporaryProject(t);
  const [v1, v2] = [await filesOf(project, 'v1'), await filesOf(project, 'v2')];
  assert.deepEqual(differences(v1, v2), [
    `lib/page.js: -const colour = 'seagreen';`,
    `lib/page.js: +const colour = 'royalblue';`,
    'package.json: -"version": "1.0.0",',
    'package.json: +"version": "2.0.0",',
  ]);
  const number = (version: VersionName): string[] => [
    'package.json: -"version": "2.0.0",',
    `package.json: +"version": "${version.slice(1)}.0.0",`,
  ];
  assert.deepEqual(differences(v2, await filesOf(project, 'v3')), [
    '.env.staging: +PAYMENT_KEY=a-key-for-tests',
    'gonogo.yaml: +PAYMENT_KEY: { secret: true }',
    'lib/orders.js: -const order = await shop.database.addOrder(wanted);',
    `lib/orders.js: +import { sign } from './payment.js';`,
    'lib/orders.js: +const order = await shop.database.addOrder({ ...wanted, payment: sign(wanted) });',
    'lib/payment.js: new',
    ...number('v3'),
  ]);
  assert.deepEqual(differences(v2, await filesOf(project, 'v4')), [
    '.env.production: +LEDGER_URL=tcp://127.0.0.1:3',
    '.env.staging: +LEDGER_URL=tcp://127.0.0.1:3',
    'gonogo.yaml: +LEDGER_URL: { format: url }',
    `gonogo.yaml: +- \${LEDGER_URL}`,
    'lib/ledger.js: new',
    `lib/orders.js: +import { book } from './ledger.js';`,
    'lib/orders.js: +book(order);',
    ...number('v4'),
  ]);
  assert.deepEqual(differences(v2, await filesOf(project, 'v5')), [
    'lib/orders.js: -const orders = await shop.database.newestOrders(20);',
    `lib/orders.js: +import { newestOf, remember } from './recent.js';`,
    'lib/orders.js: +const orders = newestOf(20) ?? (await shop.database.newestOrders(20));',
    'lib/orders.js: +remember(order);',
    'lib/recent.js: new',
    ...number('v5'),
  ]);
});

test('a checkout holds no file of another version and no test', async (t) => {
  const project = await temporaryProject(t);
  await project.checkOut('v5');
  const v2 = await filesOf(project, 'v2');
  assert.equal('lib/recent.js' in v2, false);
  assert.deepEqual(
    Object.keys(v2).filter((path) => path.endsWith('.test.ts')),
    [],
  );
});

test('an edit whose text is not there, or is there twice, fails instead of changing something else', async (t) => {
  const project = await temporaryProject(t);
  await project.checkOut('v1');
  for (const find of ['no such text', 'import']) {
    await assert.rejects(
      applyEdit(project.folder, { file: 'server.js', find, put: '' }),
      (error) => isProblem(error, 'INTERNAL') && error.message.includes(find),
    );
  }
  assert.equal(versions.v1.edits.length, 0);
});
