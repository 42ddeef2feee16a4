import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Host, hostOf, whyUnfit } from './fit.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-fit-'));
after(() => rm(root, { recursive: true, force: true }));

const host: Host = { os: 'linux', arch: 'x64', libc: 'glibc', node: { version: '24.20.0', abi: '137' } };
const native = (...platforms: string[]) => ({ native: [{ name: 'node_modules/sharp', platforms }] });

test('a native module fits when it is there for this platform, whatever else it is there for', async () => {
  for (const platform of ['linux-x64', 'linux-x64-glibc', 'linux-x64-abi137', 'linux-x64-glibc-abi137']) {
    assert.equal(await whyUnfit(native('darwin-arm64', platform), host), undefined, platform);
  }
  for (const platform of ['linux-arm64', 'darwin-x64', 'linux-x64-musl', 'linux-x64-abi127', 'win32-x64']) {
    const why = (await whyUnfit(native(platform), host)) ?? '';
    assert.match(
      why,
      /node_modules\/sharp is built for .*, and this host is linux-x64-glibc-abi137$/,
      platform,
    );
  }
});

test('what runs no Node.js of this host is not held to its version', async () => {
  const { node: _, ...other } = host;
  assert.equal(await whyUnfit({ ...native('linux-x64-abi127'), node: '>=99' }, other), undefined);
});

test('the versions of package.json are those of npm, and nonsense asks for nothing', async () => {
  const needs = (node: string) => ({ native: [], node });
  for (const range of ['>=24', '^24.0.0', '22 || 24', '*', 'latest and greatest'])
    assert.equal(await whyUnfit(needs(range), host), undefined, range);
  assert.match((await whyUnfit(needs('>=26'), host)) ?? '', /asks for Node.js >=26, and .* get 24.20.0/);
});

test('instances get the Node.js of gonogo, unless they bring one or have another PATH', async () => {
  const running = { command: ['node', 'server.js'], folder: root, values: {} };
  assert.equal((await hostOf(running)).node?.version, process.versions.node);
  assert.equal((await hostOf(running)).libc, 'glibc');
  assert.equal((await hostOf({ ...running, command: ['./server'] })).node, undefined);
  assert.equal((await hostOf({ ...running, values: { PATH: '/opt/node/bin' } })).node, undefined);
  await mkdir(join(root, 'node_modules/.bin'), { recursive: true });
  await writeFile(join(root, 'node_modules/.bin/node'), '');
  assert.equal((await hostOf(running)).node, undefined);
});
