import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { needs } from '../../../../test/require.ts';
import { isProblem } from '../errors.ts';
import { buildArgv, type Image, resolveImage, withoutPassword } from './image.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-images-'));
after(() => rm(root, { recursive: true, force: true }));

const needsDocker = needs('docker');
if (process.env.GONOGO_DOCKER_HOST) process.env.DOCKER_HOST = process.env.GONOGO_DOCKER_HOST;

const docker = (...args: string[]): string => {
  const ran = spawnSync('docker', args, { encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
  return ran.stdout.trim();
};

let contexts = 0;
async function context(dockerfile: string, name = 'Dockerfile'): Promise<string> {
  const folder = await mkdtemp(join(root, `c${contexts++}-`));
  await writeFile(join(folder, name), dockerfile);
  await writeFile(join(folder, 'hello.txt'), 'hello');
  return folder;
}

const built = async (folder: string, more: Partial<{ dockerfile: string; target: string }> = {}) =>
  await resolveImage({ context: folder, args: {}, ...more }, {});

const removed = (image: Image): string => docker('rmi', '--force', image.digest);

test('build arguments are named on the command line, and their values are not', () => {
  const source = { context: '/p', dockerfile: 'docker/web', target: 'web', args: { TOKEN: 'secret' } };
  assert.deepEqual(buildArgv(source, ['--iidfile', '/t/id']), [
    ...['docker', 'build', '--file', '/p/docker/web', '--target', 'web', '--build-arg', 'TOKEN'],
    ...['--iidfile', '/t/id', '/p'],
  ]);
});

test('nothing of a password stays in the address of a repository, though an @ in it was not escaped', () => {
  for (const [url, bare] of [
    ['https://ada:secret@git.example/shop.git', 'https://git.example/shop.git'],
    ['https://ada:p@ss@word@git.example/shop.git', 'https://git.example/shop.git'],
    ['HTTPS://t0ken@git.example:8443', 'HTTPS://git.example:8443'],
    ['ssh://git@git.example/a@b.git', 'ssh://git.example/a@b.git'],
    ['git@git.example:acme/shop.git', 'git@git.example:acme/shop.git'],
    ['/srv/git/a@b.git', '/srv/git/a@b.git'],
  ] as const)
    assert.equal(withoutPassword(url), bare);
});

test('an image is known by its id, and names the commit it was built from', {
  skip: needsDocker,
}, async () => {
  const folder = await context('FROM scratch\nCOPY hello.txt /\n');
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder });
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '-m', 'first');
  git('remote', 'add', 'origin', 'https://ada:secret@git.example/shop.git');
  const image = await built(folder);
  assert.match(image.digest, /^sha256:[0-9a-f]{64}$/);
  assert.equal(image.reference, undefined);
  const { Config } = JSON.parse(docker('image', 'inspect', '--format', '{{json .}}', image.digest)) as {
    Config: { Labels: Record<string, string> };
  };
  assert.match(Config.Labels['org.opencontainers.image.revision'] ?? '', /^[0-9a-f]{40}$/);
  assert.equal(Config.Labels['org.opencontainers.image.source'], 'https://git.example/shop.git');
  assert.equal(Config.Labels['gonogo.dirty'], 'false');
  assert.equal((await built(folder)).digest, image.digest, 'nothing has changed');
  removed(image);
});

test('another Dockerfile, a stage and arguments are those that are built', {
  skip: needsDocker,
}, async () => {
  const folder = await context(
    'FROM scratch AS first\nARG WHAT\nLABEL what=$WHAT\nCOPY hello.txt /\nFROM scratch\nCOPY hello.txt /other\n',
    'web.dockerfile',
  );
  const source = { context: folder, dockerfile: 'web.dockerfile', target: 'first', args: { WHAT: 'it' } };
  const image = await resolveImage(source, {});
  assert.equal(docker('image', 'inspect', '--format', '{{.Config.Labels.what}}', image.digest), 'it');
  removed(image);
});

test('a Dockerfile that fails says so with its last lines', { skip: needsDocker }, async () => {
  await assert.rejects(built(await context('FROM scratch\nCOPY missing.txt /\n')), (error) => {
    assert.ok(isProblem(error, 'BUILD_FAILED'), String(error));
    assert.match(error.message, /docker build .*failed: it ended with 1/);
    assert.match(error.message, /missing\.txt/);
    return true;
  });
  await assert.rejects(built(await context('NONSENSE\n')), (error) => isProblem(error, 'BUILD_FAILED'));
  await assert.rejects(built(await context('FROM scratch\n'), { dockerfile: 'none' }), (error) =>
    isProblem(error, 'BUILD_FAILED'),
  );
});

test('an image that is here is found by its name, and known by its id', { skip: needsDocker }, async () => {
  const image = await built(await context('FROM scratch\nCOPY hello.txt /named\n'));
  const name = 'gonogo-test-image-named:1.4';
  docker('tag', image.digest, name);
  assert.equal((await resolveImage({ name }, {})).digest, image.digest);
  docker('rmi', name);
  removed(image);
});

test('an image that is nowhere is named', { skip: needsDocker }, async () => {
  for (const name of ['127.0.0.1:9/no/such:1', `127.0.0.1:9/no/such@sha256:${'0'.repeat(64)}`])
    await assert.rejects(resolveImage({ name }, {}), (error) => {
      assert.ok(isProblem(error, 'IMAGE_UNRESOLVED'), String(error));
      assert.ok(error.message.includes(name));
      return true;
    });
});

/** Both ways to an image fail alike, because there is no Docker. */
async function unusable(why: RegExp): Promise<void> {
  const folder = await context('FROM scratch\nCOPY hello.txt /\n');
  for (const source of [{ name: 'shop' }, { context: folder, args: {} }])
    await assert.rejects(resolveImage(source, {}), (error) => {
      assert.ok(isProblem(error, 'DOCKER_UNUSABLE'), String(error));
      assert.match(error.message, why);
      return true;
    });
}

test('a machine without the docker command says so', async () => {
  const { PATH } = process.env;
  process.env.PATH = root;
  try {
    await unusable(/there is no docker command/);
  } finally {
    process.env.PATH = PATH;
  }
});

test('an engine that does not answer is not taken for a build that fails, or an image that is nowhere', {
  skip: needsDocker,
}, async () => {
  const { DOCKER_HOST = '' } = process.env;
  process.env.DOCKER_HOST = `unix://${root}/docker.sock`;
  try {
    await unusable(/Cannot connect to the Docker daemon at unix:/i);
  } finally {
    process.env.DOCKER_HOST = DOCKER_HOST;
  }
});
