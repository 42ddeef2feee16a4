import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ReleaseView, RolloutDetail } from '../../packages/gonogo/src/api/contract.ts';
import type { ReleaseRecord } from '../../packages/gonogo/src/domain/release-record.ts';
import { needs } from '../require.ts';
import { clientOf, type DockerHost, dockerHost } from '../suites/docker-host.ts';
import { nodeImage } from '../suites/docker-images.ts';
import { privateEngine } from '../suites/private-engine.ts';
import { dockerSandbox } from './support/images.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { askFront } from './support/site.ts';

const skip = needs('docker');
process.env.DOCKER_HOST = process.env.GONOGO_DOCKER_HOST ?? '';

const configuration = (image: string, more = ''): string => `service: site
artifact: { image: ${image} }
run: { port: 3000, stop: { grace: 2s } }
${more}
health:
  startup: { get: /, every: 100ms, failures: 100 }
  ready: { get: /, every: 100ms, timeout: 1s }
environments:
  staging: { watch: { for: 200ms }, keep: 0s }
  production: { from: staging, watch: { for: 200ms }, keep: 0s }
`;

const server = (says: string): string => `
const server = require('node:http').createServer((_, response) => response.end(${JSON.stringify(says)}));
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

const lockfile = JSON.stringify({
  lockfileVersion: 3,
  packages: { '': {}, 'node_modules/left-pad': { version: '1.3.0' } },
});

type Story = { readonly sandbox: Sandbox; readonly host: DockerHost; readonly base: string };

async function begin(t: TestContext): Promise<Story> {
  const sandbox = dockerSandbox(await makeSandbox(t));
  const host = await dockerHost();
  t.after(async () => {
    for (const { Id } of await host.docker.listImages({
      filters: { label: [`gonogo.test=${sandbox.root}`] },
    }))
      await host.docker.getImage(Id).remove({ force: true });
    await host.close();
  });
  return { sandbox, host, base: await nodeImage(host.docker) };
}

/** A project whose image is built from its folder. */
async function writeProject({ sandbox, base }: Story, says: string, more = ''): Promise<void> {
  const dockerfile = `FROM ${base}\nWORKDIR /app\nCOPY server.js .\nLABEL gonogo.test=${sandbox.root}\nCMD ["node", "server.js"]\n`;
  const files = {
    Dockerfile: dockerfile,
    'server.js': server(says),
    'package-lock.json': lockfile,
    'gonogo.yaml': configuration('{ build: . }', more),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(sandbox.folder, name), text);
}

async function ok(sandbox: Sandbox, ...args: string[]) {
  const done = await sandbox.run(args);
  assert.equal(done.code, 0, done.said());
  return done;
}

const deployed = async (sandbox: Sandbox, ...args: string[]): Promise<RolloutDetail> =>
  (await ok(sandbox, ...args, '--format', 'json')).json();

test('an image is built once, proven in staging, promoted as it is, and gone back to', {
  skip,
}, async (t) => {
  const story = await begin(t);
  const { sandbox, host } = story;
  await writeProject(story, 'one');
  const built = (await ok(sandbox, 'release', '--format', 'json')).json<ReleaseRecord & { name: string }>();
  assert.equal(built.release.artifact.kind, 'image');
  assert.equal(built.packages, 1);
  assert.match((await ok(sandbox, 'releases', 'packages', built.name)).stdout, /pkg:npm\/left-pad@1\.3\.0/);
  const early = await sandbox.run(['deploy', 'production', '--release', built.name]);
  assert.match(early.stderr, /is not proven in staging/);

  await ok(sandbox, 'deploy', 'staging', '--release', built.name);
  await writeProject(story, 'two');
  const first = await deployed(sandbox, 'promote', 'staging', 'production');
  assert.equal(first.release, built.name);
  assert.ok(first.front);
  assert.equal((await askFront(first.front))?.text, 'one');
  const [container] = await host.docker.listContainers({
    filters: { label: ['gonogo.environment=production', `gonogo.release=${built.name}`] },
  });
  assert.equal(container?.ImageID, built.release.artifact.digest);
  assert.equal(container.Labels['gonogo.rollout'], first.id);

  const second = await deployed(sandbox, 'deploy', 'staging');
  assert.equal((await deployed(sandbox, 'promote', 'staging', 'production')).release, second.release);
  assert.equal((await askFront(first.front))?.text, 'two');
  assert.equal((await deployed(sandbox, 'rollback', 'production')).release, built.name);
  assert.equal((await askFront(first.front))?.text, 'one');

  const listed = (await ok(sandbox, 'releases', '--format', 'json')).json<ReleaseView[]>();
  assert.deepEqual(
    listed.map(({ release, live }) => [release, live]),
    [
      [second.release, ['staging']],
      [built.name, ['production']],
    ],
  );
  await ok(sandbox, 'releases', 'verify');
  await sandbox.stop();
});

test('an image is taken by its name and stays what it was, whatever the name means later', {
  skip,
}, async (t) => {
  const story = await begin(t);
  const { sandbox, host } = story;
  const lines = [`LABEL gonogo.test=${sandbox.root}`];
  const [one, two] = [
    await host.artifact(server('one'), { lines }),
    await host.artifact(server('two'), { lines }),
  ];
  const name = { repo: `site-${host.owner}`, tag: 'latest' };
  await host.docker.getImage(one).tag(name);
  await writeFile(join(sandbox.folder, 'gonogo.yaml'), configuration(`{ name: '${name.repo}' }`));
  const { release, front } = await deployed(sandbox, 'deploy', 'staging');
  await host.docker.getImage(two).tag(name);
  assert.equal((await deployed(sandbox, 'promote', 'staging', 'production')).release, release);
  assert.ok(front);
  assert.equal((await askFront(front))?.text, 'one');
  const moved = await deployed(sandbox, 'deploy', 'staging');
  assert.notEqual(moved.release, release);
  assert.equal((await askFront(front))?.text, 'two');
  await sandbox.stop();
});

test('an image is asked for the version of what runs it, and one that cannot say is no pass', {
  skip,
}, async (t) => {
  const story = await begin(t);
  const { sandbox, host } = story;
  const refusal = async (runtime: string): Promise<string | undefined> => {
    await writeProject(story, 'one', `contract: { runtime: { ${runtime} } }`);
    const refused = await sandbox.run(['deploy', 'staging', '--format', 'json']);
    assert.equal(refused.code, 1, refused.said());
    const { ending, why } = refused.json<RolloutDetail>();
    assert.equal(ending, 'rejected');
    return why;
  };
  assert.match(
    (await refusal("node: '>=99'")) ?? '',
    /^runtime node: is [\d.]+, and the release needs >=99$/,
  );
  assert.match(
    (await refusal("python: '>=3'")) ?? '',
    /^runtime python: its version cannot be known: there is no command python3$/,
  );
  const left = await host.docker.listContainers({ all: true, filters: { label: ['gonogo.service=site'] } });
  assert.deepEqual(
    left.map(({ Names }) => Names),
    [],
    'nothing is left of the question',
  );
  await writeProject(story, 'one', `contract: { runtime: { node: '>=24' } }`);
  await ok(sandbox, 'deploy', 'staging');
  await sandbox.stop();
});

/** A project whose image holds one file and runs nothing. */
async function writeTiny(sandbox: Sandbox, says: string, keep = '{}'): Promise<void> {
  const files = {
    Dockerfile: `FROM scratch\nCOPY says /says\nLABEL gonogo.test=${sandbox.root}\n`,
    says: says.padEnd(600),
    'gonogo.yaml': configuration('{ build: . }').replace('{ image:', `{ keep: ${keep}, image:`),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(sandbox.folder, name), text);
}

async function releasedImage(sandbox: Sandbox, env: Record<string, string> = {}): Promise<string> {
  const done = await sandbox.run(['release', '--format', 'json'], { env });
  assert.equal(done.code, 0, done.said());
  return done.json<ReleaseRecord>().release.artifact.digest;
}

test('an image that the agent’s engine has not is sent to it', { skip }, async (t) => {
  await begin(t);
  const engine = await privateEngine();
  t.after(() => engine.close());
  const sandbox = await makeSandbox(t);
  await writeTiny(sandbox, 'hello');
  // The agent is started by the first command, and asks the engine that this one knows.
  await sandbox.run(['releases'], { env: { DOCKER_HOST: engine.host } });
  const id = await releasedImage(sandbox, { DOCKER_HOST: process.env.DOCKER_HOST ?? '' });
  const { RepoTags } = await clientOf(engine.host).getImage(id).inspect();
  assert.match(RepoTags.join(), new RegExp(`^gonogo/site:${id.slice(7, 19)}-[0-9a-f]{16}$`));
  await clientOf(process.env.DOCKER_HOST ?? '')
    .getImage(id)
    .remove({ force: true });
  await sandbox.stop();
});

test('of images that are nowhere the newest stay, and one that was removed by hand is told of', {
  skip,
}, async (t) => {
  const { sandbox, host } = await begin(t);
  const there = async (): Promise<string[]> => {
    const filters = { label: [`gonogo.test=${sandbox.root}`] };
    return (await host.docker.listImages({ filters })).map(({ Id }) => Id).sort();
  };
  const ids: string[] = [];
  for (const says of ['one', 'two', 'three']) {
    await writeTiny(sandbox, says, '{ releases: 2 }');
    ids.push(await releasedImage(sandbox));
  }
  assert.deepEqual(await there(), ids.slice(1).sort());
  await writeTiny(sandbox, 'much', `{ disk: 1KB }`);
  const last = await releasedImage(sandbox);
  assert.deepEqual(await there(), [last]);
  await host.docker.getImage(last).remove({ force: true });
  const verified = await sandbox.run(['releases', 'verify']);
  assert.equal(verified.code, 1, verified.said());
  assert.match(verified.stdout, /^✗ site@\w+ .*the image sha256:\w+ is not on this host$/m);
  await sandbox.stop();
});
