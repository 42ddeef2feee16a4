import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { Manifest } from '../domain/release.ts';
import { packBundle } from './bundle.ts';
import { type Described, describeRelease } from './describe.ts';
import { makeRelease } from './release.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-describe-'));
after(() => rm(root, { recursive: true, force: true }));

let folders = 0;
async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const from = join(root, `p${folders++}`);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(from, path)), { recursive: true });
    await writeFile(join(from, path), content);
  }
  return from;
}

const probe = { get: 'tcp', every: 1, timeout: 1, failures: 1, successes: 1 } as const;
const manifest: Manifest = {
  service: 'shop',
  run: { command: ['node', 'server.js'], replicas: 1, grace: 1000, shared: [] },
  contract: { env: {}, reach: [] },
  health: { startup: probe, ready: probe },
  checks: [],
};

async function described(from: string): Promise<Described> {
  const bundle = await packBundle({ from });
  const size = { entries: bundle.entries.length, bytes: bundle.bytes };
  const release = makeRelease(manifest, { kind: 'bundle', digest: bundle.digest });
  const keep = { releases: 10, bytes: 1e9 };
  const about = { project: 'shop-1', builtAt: 0, builtBy: 'ada@laptop', folder: from };
  return await describeRelease({ ...about, release, size, keep, bundle });
}

const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd, encoding: 'utf8' });

test('a release names the commit it was built from, and whether that is all', async () => {
  const from = await project({ 'server.js': '1' });
  assert.equal((await described(from)).record.source, undefined);
  git(from, 'init', '--quiet');
  assert.equal((await described(from)).record.source, undefined, 'there is no commit yet');
  git(from, 'add', '.');
  git(from, 'commit', '--quiet', '-m', 'first');
  const revision = git(from, 'rev-parse', 'HEAD').trim();
  assert.deepEqual((await described(from)).record.source, { revision, dirty: false });
  await writeFile(join(from, 'new.js'), '');
  assert.deepEqual((await described(from)).record.source, { revision, dirty: true });
});

test('the lockfile is the folder’s own, or that of the workspace it is part of', async () => {
  const from = await project({
    'package-lock.json': '{}',
    'apps/shop/server.js': '1',
    '.git/HEAD': 'ref: x',
  });
  const shop = join(from, 'apps/shop');
  const { lockfile } = (await described(shop)).record;
  assert.equal(lockfile?.path, '../../package-lock.json');
  assert.match(lockfile?.digest ?? '', /^sha256:[0-9a-f]{64}$/);
  await writeFile(join(shop, 'yarn.lock'), '');
  assert.equal((await described(shop)).record.lockfile?.path, 'yarn.lock');
});

const purls = ({ packages }: Described): string[] =>
  (JSON.parse(packages) as { components: { purl: string }[] }).components.map(({ purl }) => purl);

test('the list of packages names what is in the bundle, and is CycloneDX', async () => {
  const from = await project({
    'server.js': '1',
    'package.json': '{"name":"shop","version":"1.0.0","engines":{"node":">=24"}}',
    'node_modules/a/package.json': '{"name":"a","version":"1.0.0","license":"MIT"}',
    'node_modules/a/node_modules/@b/c/package.json': '{"name":"@b/c","version":"2.0.0-rc.1+5"}',
    'node_modules/a/test/fixture/package.json': '{"name":"no","version":"0.0.0"}',
    'node_modules/broken/package.json': '{',
    'venv/lib/Django-5.1.dist-info/METADATA':
      'Metadata-Version: 2.1\nName: Django\nVersion: 5.1\n\nText\nName: no',
  });
  const found = await described(from);
  assert.deepEqual(purls(found), ['pkg:npm/%40b/c@2.0.0-rc.1%2B5', 'pkg:npm/a@1.0.0', 'pkg:pypi/Django@5.1']);
  assert.equal(found.record.packages, 3);
  assert.equal(found.record.needs.node, '>=24');
  const { bomFormat, specVersion, metadata, components } = JSON.parse(found.packages);
  assert.deepEqual([bomFormat, specVersion, metadata.component.name], ['CycloneDX', '1.6', 'shop']);
  assert.deepEqual(components[0].group, '@b');
  assert.deepEqual(components[1].licenses, [{ expression: 'MIT' }]);
});

test('a bundle that a build made one file of has the packages of its lockfile, but for those of development', async () => {
  const packages = {
    '': { name: 'shop', version: '1.0.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/a/node_modules/@b/c': { version: '2.0.0' },
    'node_modules/tool': { version: '3.0.0', dev: true },
    'node_modules/own': { resolved: 'packages/own', link: true },
  };
  const from = await project({ 'bundle.js': '1', 'package-lock.json': JSON.stringify({ packages }) });
  assert.deepEqual(purls(await described(from)), ['pkg:npm/%40b/c@2.0.0', 'pkg:npm/a@1.0.0']);
});
