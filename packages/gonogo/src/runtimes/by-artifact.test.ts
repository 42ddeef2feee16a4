import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needs } from '../../../../test/require.ts';
import { type DockerHost, dockerHost } from '../../../../test/suites/docker-host.ts';
import { eventually } from '../../../../test/suites/eventually.ts';
import { processHost } from '../../../../test/suites/process-host.ts';
import {
  ask,
  never,
  server,
  specOf,
  target,
  theOne,
  webPool,
} from '../../../../test/suites/runtime-tools.ts';
import { systemClock } from '../system/clock.ts';
import { type ByArtifact, byArtifact } from './by-artifact.ts';
import { dockerRuntime } from './docker/index.ts';
import { type Marks, marksIn } from './marks.ts';

const skip = needs('docker');

type Both = {
  readonly runtime: ByArtifact;
  readonly bundle: string;
  readonly marks: Marks;
  readonly asked: string[];
};

/** `containers` is loaded when it is wanted; `asked` tells each time. */
async function both(t: TestContext, containers: () => Promise<DockerHost['runtime']>): Promise<Both> {
  const host = await processHost();
  t.after(() => host.close());
  const asked: string[] = [];
  const marks = marksIn(join(host.state.root, 'containers'));
  const runtime = byArtifact({
    processes: host.runtime,
    containers: (owner) => {
      asked.push(owner);
      return containers();
    },
    marks,
    failed: (error) => assert.fail(String(error)),
  });
  return { runtime, bundle: await host.artifact(server), marks, asked };
}

test('where everything is a process, no engine is asked for anything', async (t) => {
  const { runtime, bundle, asked, marks } = await both(t, () => assert.fail('the engine was asked for'));
  await runtime.apply(specOf(bundle), 1, never());
  const { id } = await theOne(runtime);
  await ask(await theOne(runtime));
  assert.ok('base' in (await runtime.vantage(id)));
  assert.equal((await runtime.listening(id))?.length, 1);
  await runtime.remove(webPool, 1000);
  assert.deepEqual(asked, []);
  assert.equal(await marks.any(), false);
});

test('an environment goes from processes to containers and back in one slot', { skip }, async (t) => {
  const docker = await dockerHost();
  t.after(() => docker.close());
  const { runtime, bundle, asked, marks } = await both(t, async () => docker.runtime);
  const image = await docker.artifact(server);
  const told: string[] = [];
  runtime.onChange((pool) => told.push(pool.slot));

  await runtime.apply(specOf(bundle), 1, never());
  assert.equal((await theOne(runtime)).inner, undefined);
  await runtime.apply(specOf(image), 1, never());
  const container = await theOne(runtime);
  assert.equal(container.inner, 8080);
  await ask(container);
  assert.ok('inside' in (await runtime.vantage(container.id)));
  assert.equal(await marks.has(target), true);
  assert.deepEqual(asked, [await marks.owner()], 'loaded once');
  told.length = 0;
  await docker.docker.getContainer(container.id).kill();
  await eventually('being told of a container’s end', () => told.includes('blue'));

  await runtime.apply(specOf(bundle), 1, never());
  assert.equal((await theOne(runtime)).inner, undefined);
  await runtime.remove(webPool, 1000);
  assert.equal(await marks.has(target), false, 'the engine is not needed any more');
});

test('an engine that is not there is found before anything is touched, and only for images', async (t) => {
  const missing = () =>
    dockerRuntime({
      owner: 'o',
      shared: '/',
      clock: systemClock,
      host: 'unix:///nowhere/docker.sock',
      onError: () => undefined,
    });
  const { runtime, bundle } = await both(t, missing);
  await assert.rejects(runtime.vet(specOf(`sha256:${'0'.repeat(64)}`)), { code: 'DOCKER_MISSING' });
  assert.equal((await runtime.vet(specOf(bundle))).fault, undefined);
  runtime.close();
});

test('an image is where the engine has it', { skip }, async (t) => {
  const docker = await dockerHost();
  t.after(() => docker.close());
  const { runtime } = await both(t, async () => docker.runtime);
  const image = await docker.artifact(server);
  assert.equal(await runtime.images.has(image), true);
  assert.equal(await runtime.images.has(`sha256:${'0'.repeat(64)}`), false);
});
