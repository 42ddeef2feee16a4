import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, afterEach, before, test } from 'node:test';
import { needs } from '../../../../../test/require.ts';
import { type DockerHost, dockerHost } from '../../../../../test/suites/docker-host.ts';
import { foreignImage } from '../../../../../test/suites/docker-images.ts';
import { never, server, specOf, target, webPool } from '../../../../../test/suites/runtime-tools.ts';

const skip = needs('docker');
let host: DockerHost;

before(async () => {
  if (!skip) host = await dockerHost();
});
afterEach(async () => {
  if (!skip) await host.runtime.remove(webPool, 500);
});
after(async () => {
  if (!skip) await host.close();
});

test('an image for another machine is refused in a sentence', { skip }, async () => {
  const image = await foreignImage(host.docker, 's390x');
  await assert.rejects(host.runtime.apply(specOf(image), 1, never()), {
    code: 'IMAGE_PLATFORM',
    message: /is for linux\/s390x, and this host is linux\//,
  });
  await assert.rejects(host.runtime.vet(specOf(image)), { code: 'IMAGE_PLATFORM' });
  assert.deepEqual(await host.runtime.observe(target), []);
  await host.docker.getImage(image).remove({ force: true });
});

test('an image moves without a registry, and one that is another is refused', { skip }, async () => {
  const { images } = host.runtime;
  const image = await host.artifact(`${server} // moved`);
  const packed = await buffer(await host.docker.getImage(image).get());
  await host.docker.getImage(image).remove({ force: true });
  assert.equal(await images.has(image), false);
  const bytes = (): Readable => Readable.from([packed]);
  const other = `sha256:${'1'.repeat(64)}`;
  await assert.rejects(images.put(other, bytes()), {
    code: 'IMAGE_MISMATCH',
    message: new RegExp(`is ${image}`),
  });
  await images.put(image, bytes());
  assert.equal(await images.has(image), true);
  await assert.rejects(images.put(other, Readable.from([Buffer.from('no image')])), {
    code: /IMAGE_MISMATCH|DOCKER_REFUSED/,
  });
});

test('an image stays as long as it is kept, and what others call it stays longer', { skip }, async (t) => {
  const { images } = host.runtime;
  const [ours, theirs] = [
    await host.artifact(`${server} // ours`),
    await host.artifact(`${server} // theirs`),
  ];
  const name = { repo: 'gonogo-test', tag: `theirs-${host.owner}` };
  await host.docker.getImage(theirs).tag(name);
  for (const id of [ours, theirs]) {
    await images.keep(id, 'shop');
    for (const tag of (await host.docker.getImage(id).inspect()).RepoTags)
      if (tag.startsWith('gonogo-test:') && !tag.includes('theirs')) await host.docker.getImage(tag).remove();
  }
  t.after(() => host.docker.getImage(theirs).remove({ force: true }));
  assert.deepEqual([await images.has(ours), await images.has(theirs)], [true, true]);
  const [kept] = (await host.docker.getImage(ours).inspect()).RepoTags;
  assert.equal(kept, `gonogo/shop:${ours.slice(7, 19)}-${host.owner}`);
  for (const id of [ours, theirs, ours]) await images.drop(id);
  assert.deepEqual([await images.has(ours), await images.has(theirs)], [false, true]);
});

test('an image that another agent keeps, or a container is made of, stays', { skip }, async (t) => {
  const other = await dockerHost();
  t.after(() => other.close());
  const image = await host.artifact(`${server} // shared`);
  for (const { images } of [host.runtime, other.runtime]) await images.keep(image, 'shop');
  await other.runtime.apply(specOf(image), 1, never());
  await host.runtime.images.drop(image);
  const { RepoTags } = await host.docker.getImage(image).inspect();
  assert.ok(
    RepoTags.some((tag) => tag.endsWith(other.owner)) && !RepoTags.some((tag) => tag.endsWith(host.owner)),
  );
  await other.runtime.images.drop(image);
  assert.equal(await host.runtime.images.has(image), true);
});
