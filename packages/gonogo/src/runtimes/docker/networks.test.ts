import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { needs } from '../../../../../test/require.ts';
import { type DockerHost, dockerHost } from '../../../../../test/suites/docker-host.ts';
import {
  ask,
  instancesOf,
  never,
  server,
  specOf,
  webPool,
} from '../../../../../test/suites/runtime-tools.ts';
import { checkRunner } from '../../checks/run.ts';

const skip = needs('docker');
let host: DockerHost;
let networks: readonly string[];

before(async () => {
  if (skip) return;
  host = await dockerHost();
  networks = ['front', 'back'].map((name) => `gonogo-test-${name}-${host.owner}`);
  for (const Name of networks) await host.docker.createNetwork({ Name });
});
after(async () => {
  if (skip) return;
  await host.close();
  for (const name of networks) await host.docker.getNetwork(name).remove();
});

test('a container joins every network that it names, and is asked there by the names that are known there', {
  skip,
}, async () => {
  const image = await host.artifact(server, { lines: ['VOLUME /data'] });
  await host.runtime.apply(specOf(image, { count: 2, run: { networks } }), 1, never());
  const [first, second] = await instancesOf(host.runtime);
  assert.ok(first && second);
  for (const instance of [first, second]) await ask(instance); // Through its published port.
  const { NetworkSettings, Mounts } = await host.docker.getContainer(first.id).inspect();
  assert.deepEqual(Object.keys(NetworkSettings.Networks).sort(), [...networks].sort());

  const vantage = await host.runtime.vantage(first.id);
  assert.ok('inside' in vantage);
  const { Config } = await host.docker.getContainer(second.id).inspect();
  const tcp = { kind: 'tcp', timeout: 3000, retry: { times: 0, delay: 1 }, tags: [] } as const;
  const peers = [`${Config.Hostname}:8080`, 'nobody-there:8080'];
  const results = await checkRunner().run(
    peers.map((address) => ({ ...tcp, name: address, address })),
    vantage,
    { secrets: [], signal: AbortSignal.timeout(20_000) },
  );
  assert.deepEqual(
    results.map(({ verdict }) => verdict),
    ['pass', 'fail'],
    JSON.stringify(results),
  );

  // What an image calls a volume and nobody named was made for the container alone, and goes with it.
  const volume = Mounts.find(({ Type }) => Type === 'volume')?.Name;
  assert.ok(volume);
  await host.runtime.remove(webPool, 1000);
  await assert.rejects(host.docker.getVolume(volume).inspect(), { statusCode: 404 });
});
