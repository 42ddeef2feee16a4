import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needs } from '../../../../../test/require.ts';
import { dockerHost } from '../../../../../test/suites/docker-host.ts';
import { eventually } from '../../../../../test/suites/eventually.ts';
import { type PrivateEngine, privateEngine } from '../../../../../test/suites/private-engine.ts';
import {
  instancesOf,
  never,
  server,
  specOf,
  target,
  webPool,
} from '../../../../../test/suites/runtime-tools.ts';
import { systemClock } from '../../system/clock.ts';
import { type DockerRuntime, dockerRuntime } from './index.ts';

const skip = needs('docker');

async function runtimeAt(
  t: TestContext,
  host: string,
): Promise<{ runtime: DockerRuntime; errors: unknown[] }> {
  const errors: unknown[] = [];
  const given = { owner: 'test', shared: '/nowhere', clock: systemClock, host };
  const runtime = await dockerRuntime({ ...given, onError: (error) => errors.push(error) });
  t.after(() => runtime.close());
  return { runtime, errors };
}

test('an engine that is not installed is named by its socket, and by what to do', async (t) => {
  const { runtime, errors } = await runtimeAt(t, 'unix:///nowhere/docker.sock');
  await assert.rejects(runtime.observe(target), {
    code: 'DOCKER_MISSING',
    message: 'Docker is not there: /nowhere/docker.sock does not exist',
    hint: /install Docker Engine/,
  });
  await eventually('the listener’s complaint', () => errors.length > 0);
  assert.equal(errors.length, 1, 'said once, though it is tried again and again');
});

test('an engine that does not run is told from one that is not installed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-dead-'));
  const socket = join(folder, 'docker.sock');
  t.after(() => rm(folder, { recursive: true }));
  const listener = net.createServer((connection) => connection.destroy()).listen(socket);
  await new Promise((resolve) => listener.once('listening', resolve));
  const { runtime } = await runtimeAt(t, `unix://${socket}`);
  const stopped = { code: 'DOCKER_DOWN', hint: /systemctl start docker/ };
  await assert.rejects(runtime.apply(specOf('sha256:0'), 1, never()), stopped);
  await new Promise((resolve) => listener.close(resolve));
  await assert.rejects(runtime.apply(specOf('sha256:0'), 1, never()), { code: /DOCKER_(DOWN|MISSING)/ });
});

test('an engine that this user may not use is told from one that is not there', async (t) => {
  if (process.getuid?.() !== 0) {
    assert.notEqual(process.env.GONOGO_REQUIRE, 'all', 'this needs root');
    return t.skip('only root can become another user');
  }
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-forbidden-'));
  const socket = join(folder, 'docker.sock');
  const listener = net.createServer((connection) => connection.destroy()).listen(socket);
  await new Promise((resolve) => listener.once('listening', resolve));
  await chmod(folder, 0o755);
  await chmod(socket, 0o600);
  const { runtime } = await runtimeAt(t, `unix://${socket}`);
  process.seteuid?.(65534);
  t.after(async () => {
    process.seteuid?.(0);
    listener.close();
    await rm(folder, { recursive: true });
  });
  await assert.rejects(runtime.observe(target), {
    code: 'DOCKER_FORBIDDEN',
    message: `this user may not use Docker at ${socket}`,
    hint: /group docker/,
  });
});

test('an engine that hangs is given up at its deadline', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-hung-'));
  const socket = join(folder, 'docker.sock');
  const held = new Set<net.Socket>();
  const listener = net.createServer((connection) => held.add(connection)).listen(socket);
  await new Promise((resolve) => listener.once('listening', resolve));
  t.after(async () => {
    for (const connection of held) connection.destroy();
    listener.close();
    await rm(folder, { recursive: true });
  });
  const options = { timeout: 200, logs: { bytes: 1024, files: 1 } };
  const given = { owner: 'test', shared: '/nowhere', clock: systemClock, host: `unix://${socket}`, options };
  const runtime = await dockerRuntime({ ...given, onError: () => undefined });
  t.after(() => runtime.close());
  await assert.rejects(runtime.observe(target), { code: 'DOCKER_DOWN' });
});

test('only a unix socket is spoken to', async (t) => {
  await assert.rejects(runtimeAt(t, 'tcp://10.0.0.1:2375'), { code: 'DOCKER_HOST_UNSUPPORTED' });
});

test('an engine that is killed in the middle is named, and after its return everything is made so', {
  skip,
}, async (t) => {
  const engine: PrivateEngine = await privateEngine();
  const host = await dockerHost({ host: engine.host });
  t.after(async () => {
    await host.close();
    await engine.close();
  });
  const { runtime } = host;
  const spec = specOf(await host.artifact(server));
  await runtime.apply(spec, 1, never());

  await engine.kill();
  await assert.rejects(runtime.apply({ ...spec, count: 2 }, 1, never()), { code: 'DOCKER_DOWN' });
  await eventually('the listener’s complaint', () => host.errors.length > 0);
  const told: string[] = [];
  runtime.onChange((pool) => told.push(pool.slot));
  await engine.start();
  await eventually('being told that things may have changed', () => told.includes('blue'));

  await runtime.apply({ ...spec, count: 2 }, 1, never());
  const running = (await instancesOf(runtime)).filter(({ state }) => state.is === 'running');
  assert.equal(running.length, 2);
  await runtime.remove(webPool, 1000);
  assert.deepEqual(await host.docker.listContainers({ all: true }), []);
});
