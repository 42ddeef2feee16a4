import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';

const here = import.meta.dirname;
let folder = '';
const children: ChildProcess[] = [];

/** The example in a folder of its own, with the package as npm would install it. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gonogo-health-'));
  const installed = join(folder, 'node_modules', '@gonogo', 'health');
  await mkdir(installed, { recursive: true });
  await cp(join(here, '..', 'package.json'), join(installed, 'package.json'));
  const entryPoints = ['index.ts', 'event-loop.ts'].map((name) => join(here, name));
  await build({
    entryPoints,
    outdir: join(installed, 'dist'),
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  await cp(join(here, '..', '..', '..', 'examples', 'health'), folder, { recursive: true });
});
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function start(env: Record<string, string>): Promise<{ child: ChildProcess; base: string }> {
  const child = spawn(process.execPath, ['server.js'], {
    cwd: folder,
    env: { PORT: '0', SHUTDOWN_DELAY: '100', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = await once(child.stdout, 'data');
  return { child, base: String(line).trim() };
}

async function untilStatus(url: string, status: number): Promise<void> {
  const end = performance.now() + 20_000;
  while ((await fetch(url)).status !== status) {
    assert.ok(performance.now() < end, `${url} never answered ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('the example serves, tells its release and exits 0 at SIGTERM', async () => {
  const { child, base } = await start({ GONOGO_RELEASE: 'shop@41bd07e' });
  await untilStatus(`${base}/readyz`, 200);
  const told = (await (await fetch(`${base}/readyz?verbose`)).json()) as {
    releaseId: string;
    checks: object;
  };
  assert.equal(told.releaseId, 'shop@41bd07e');
  assert.deepEqual(Object.keys(told.checks), ['event-loop']);
  assert.equal(await (await fetch(base)).text(), 'hello\n');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('the example is unready, but live, while its dependency is away', async () => {
  const cache = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => cache.listen(0, '127.0.0.1', resolve));
  const { port } = cache.address() as AddressInfo;
  const { base } = await start({ CACHE_ADDRESS: `127.0.0.1:${port}` });
  await untilStatus(`${base}/readyz`, 200);
  await new Promise((resolve) => cache.close(resolve));
  await untilStatus(`${base}/readyz/cache`, 503);
  assert.equal((await fetch(`${base}/healthz`)).status, 200);
});

test('everything the package exports is among its files, and it depends on nothing', async () => {
  const manifest = JSON.parse(await readFile(join(here, '..', 'package.json'), 'utf8'));
  assert.equal(manifest.dependencies, undefined);
  const paths = Object.values(manifest.exports as Record<string, Record<string, string>>).flatMap(
    Object.values,
  );
  assert.ok(paths.length >= 4);
  for (const path of paths) assert.match(path, /^\.\/dist\/[a-z-]+\.(js|d\.ts)$/);
  assert.ok(manifest.files.includes('dist'));
});
