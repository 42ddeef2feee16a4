import assert from 'node:assert/strict';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  EnvironmentStatus,
  ReleaseView,
  RolloutDetail,
} from '../../packages/gonogo/src/api/contract.ts';
import type { ReleaseRecord } from '../../packages/gonogo/src/domain/release-record.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { writeSite } from './support/site.ts';

const configuration = (keep: string): string => `service: site
artifact: { bundle: { from: ., include: [server.mjs, package.json] }${keep} }
run: { command: [node, server.mjs], stop: { grace: 2s } }
health:
  startup: { get: /, every: 100ms, failures: 40 }
  ready: { get: /ready, every: 100ms, timeout: 1s }
environments:
  staging: { strategy: in-place, watch: { for: 300ms }, keep: 0s }
  production: { from: staging, watch: { for: 300ms }, keep: 0s }
`;

/** A site in staging and production; production takes only what staging has proven. */
async function writeStagedSite(sandbox: Sandbox, says: string, keep = ''): Promise<void> {
  await writeSite(sandbox, { says });
  await writeFile(join(sandbox.folder, 'gonogo.yaml'), configuration(keep));
  await writeFile(join(sandbox.folder, 'package.json'), '{"name":"site","engines":{"node":">=24"}}');
}

async function ok(sandbox: Sandbox, ...args: string[]) {
  const done = await sandbox.run(args);
  assert.equal(done.code, 0, done.said());
  return done;
}

const released = async (sandbox: Sandbox): Promise<ReleaseRecord & { name: string }> =>
  (await ok(sandbox, 'release', '--format', 'json')).json();

const listed = async (sandbox: Sandbox): Promise<ReleaseView[]> =>
  (await ok(sandbox, 'releases', '--format', 'json')).json();

/** Writes to a file of an unpacked bundle, as somebody can who is root or the agent's own user. */
async function tamper(sandbox: Sandbox, digest: string): Promise<void> {
  const file = join(sandbox.state.releases, digest.slice('sha256:'.length), 'server.mjs');
  await chmod(file, 0o644);
  await writeFile(file, '// evil', { flag: 'a' });
  await chmod(file, 0o444);
}

test('a release is built once, proven in staging, and promoted as it is', async (t) => {
  const sandbox = await makeSandbox(t);
  await writeStagedSite(sandbox, 'one');
  const { name, size, needs, packages } = await released(sandbox);
  assert.match(name, /^site@[0-9a-f]{7}$/);
  assert.deepEqual([size.entries, needs.node, packages], [2, '>=24', 0]);
  const cyclone = (await ok(sandbox, 'releases', 'packages', name)).json<{ bomFormat: string }>();
  assert.equal(cyclone.bomFormat, 'CycloneDX');

  const tooEarly = await sandbox.run(['deploy', 'production', '--release', name]);
  assert.equal(tooEarly.code, 1, tooEarly.said());
  assert.match(tooEarly.stderr, new RegExp(`${name} is not proven in staging, and production takes only`));
  const nothing = await sandbox.run(['promote', 'staging', 'production']);
  assert.equal(nothing.code, 1, nothing.said());
  assert.match(nothing.stderr, /nothing is proven in staging/);

  await ok(sandbox, 'deploy', 'staging', '--release', name);
  await writeStagedSite(sandbox, 'another one by now');
  const unproven = await sandbox.run(['deploy', 'production']);
  assert.equal(unproven.code, 1, unproven.said());
  assert.match(unproven.stderr, /is not proven in staging/);

  const plan = await ok(sandbox, 'promote', 'staging', 'production', '--plan');
  assert.ok(plan.stdout.includes(`plan  ${name} → production`), plan.said());
  const promoted = (
    await ok(sandbox, 'promote', 'staging', 'production', '--format', 'json')
  ).json<RolloutDetail>();
  assert.deepEqual([promoted.verdict, promoted.release], ['GO', name]);
  const [newest, ...others] = await listed(sandbox);
  assert.deepEqual(newest?.live, [], 'the one that was refused is known, and nowhere');
  assert.deepEqual(
    others.map(({ release, live, proven }) => [release, live, proven.map(({ environment }) => environment)]),
    [[name, ['production', 'staging'], ['production', 'staging']]].map(([a, b, c]) => [a, b, c]),
  );
  const told = (await ok(sandbox, 'releases')).stdout;
  assert.match(told, new RegExp(`^${name} .*live in \\S+, \\S+ +proven in \\S+, \\S+$`, 'm'));
  await sandbox.stop();
});

test('a byte that was changed on the host is found, and is never deployed', async (t) => {
  const sandbox = await makeSandbox(t);
  await writeStagedSite(sandbox, 'one');
  const { name, release } = await released(sandbox);
  assert.match((await ok(sandbox, 'releases', 'verify')).stdout, new RegExp(`^✓ ${name}$`, 'm'));
  await tamper(sandbox, release.artifact.digest);
  const verified = await sandbox.run(['releases', 'verify', name]);
  assert.equal(verified.code, 1, verified.said());
  assert.match(verified.stdout, new RegExp(`^✗ ${name} .*server.mjs: its size is another one$`, 'm'));
  const refused = await sandbox.run(['deploy', 'staging', '--release', name]);
  assert.notEqual(refused.code, 0, refused.said());
  assert.deepEqual((await listed(sandbox))[0]?.here, false);
  // Built again it is sent again.
  await ok(sandbox, 'deploy', 'staging');
  await ok(sandbox, 'releases', 'verify');
  await sandbox.stop();
});

test('an instance is not started again from files that were written to', async (t) => {
  const sandbox = await makeSandbox(t);
  await writeStagedSite(sandbox, 'one');
  await ok(sandbox, 'deploy', 'staging');
  const [release] = await listed(sandbox);
  await tamper(sandbox, release?.artifact.digest ?? '');
  const [status] = (await ok(sandbox, 'status', '--format', 'json')).json<EnvironmentStatus[]>();
  process.kill(status?.slots[0]?.instances[0]?.pid ?? Number.NaN, 'SIGKILL');
  const says = async (): Promise<string> => await readFile(sandbox.state.agentLog, 'utf8');
  const deadline = performance.now() + 60_000;
  while (!(await says()).includes('is not what was unpacked') && performance.now() < deadline)
    await sleep(100);
  assert.match(await says(), /is not what was unpacked: server.mjs: its size is another one/);
  await sandbox.stop();
});

test('a release that this host cannot run is refused in a sentence, before anything is touched', async (t) => {
  const sandbox = await makeSandbox(t);
  await writeStagedSite(sandbox, 'one');
  await writeFile(join(sandbox.folder, 'package.json'), '{"name":"site","engines":{"node":">=99"}}');
  const refused = await sandbox.run(['deploy', 'staging']);
  assert.equal(refused.code, 1, refused.said());
  assert.match(refused.stderr, /site@\w+ cannot run on this host: its package.json asks for Node.js >=99/);
  assert.deepEqual((await ok(sandbox, 'status', '--format', 'json')).json(), []);
  await sandbox.stop();
});

test('a release whose contract names other versions than this host has is refused before anything is touched', async (t) => {
  const sandbox = await makeSandbox(t);
  await writeStagedSite(sandbox, 'one');
  const asking = async (versions: string) => {
    const contract = `contract: { runtime: { node: '${versions}' } }\n`;
    await writeFile(join(sandbox.folder, 'gonogo.yaml'), contract + configuration(''));
    return await sandbox.run(['deploy', 'staging', '--format', 'json']);
  };
  const refused = await asking('>=99');
  assert.equal(refused.code, 1, refused.said());
  const { ending, why } = refused.json<RolloutDetail>();
  assert.equal(ending, 'rejected');
  assert.match(why ?? '', /^runtime node: is [\d.]+, and the release needs >=99$/);
  const { slots } = (await ok(sandbox, 'status', '--format', 'json')).json<EnvironmentStatus[]>()[0] ?? {};
  assert.deepEqual(slots, [], 'nothing is left of the question');
  assert.equal((await asking('>=24')).code, 0);
  await sandbox.stop();
});

test('of releases that are nowhere the newest stay, and what is proven stays however old', async (t) => {
  const sandbox = await makeSandbox(t);
  const keep = ', keep: { releases: 2 }';
  await writeStagedSite(sandbox, 'first', keep);
  const { name: first } = await released(sandbox);
  await ok(sandbox, 'deploy', 'staging', '--release', first);
  const names: string[] = [];
  for (const says of ['two', 'three', 'four']) {
    await writeStagedSite(sandbox, says, keep);
    names.unshift((await released(sandbox)).name);
  }
  const left = await listed(sandbox);
  assert.deepEqual(
    left.map(({ release }) => release),
    [...names.slice(0, 2), first],
  );
  const onDisk = (await readdir(sandbox.state.releases)).filter((name) => /^[0-9a-f]{64}$/.test(name));
  assert.equal(onDisk.length, 3);
  const gone = await sandbox.run(['deploy', 'staging', '--release', names[2] ?? '']);
  assert.equal(gone.code, 2, gone.said());
  assert.match(gone.stderr, /there is no release site@\w+ of this project/);
  await sandbox.stop();
});
