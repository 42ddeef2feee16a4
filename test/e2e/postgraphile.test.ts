import assert from 'node:assert/strict';
import { cp, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type {
  EnvironmentStatus,
  RolloutDetail,
  RolloutSummary,
} from '../../packages/gonogo/src/api/contract.ts';
import { needs } from '../require.ts';
import { startUsers, type Users } from './postgraphile/traffic.ts';
import type { Done } from './support/command.ts';
import { makeDatabase, type TestDatabase } from './support/postgres.ts';
import { processesOf } from './support/processes.ts';
import { needsRegistry, registryEnvironment } from './support/registry.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { argumentsWithSecrets, filesWithSecrets, secretsIn } from './support/secrets.ts';

const fixtures = join(import.meta.dirname, 'postgraphile');
const versions = ['4.13.0', '4.14.1'] as const;
type Version = (typeof versions)[number];

const skip = needs('postgres') || (await needsRegistry(`postgraphile@${versions[1]}`));

type Story = {
  readonly sandbox: Sandbox;
  readonly database: TestDatabase;
  /** Everything that gonogo has said. */
  readonly said: string[];
};

test('postgraphile from npm goes live, is upgraded without a lost request, and a wrong password is a NO-GO', {
  skip,
}, async (t) => {
  const story = await begin(t);
  const { sandbox, database, said } = story;

  const first = await deploy(story, '4.13.0', database.url);
  assert.equal(first.verdict, 'GO', said.at(-1));
  assert.ok(first.front);
  assert.deepEqual(await versionsLive(sandbox), ['4.13.0', '4.13.0']);

  const users = startUsers(first.front);
  t.after(() => users.stop());
  await onlyAnswersBy(users, first.release);

  const second = await deploy(story, '4.14.1', database.url);
  assert.equal(second.verdict, 'GO', said.at(-1));
  assert.equal(second.previous, first.release);
  assert.notEqual(second.release, first.release);
  assert.deepEqual(await versionsLive(sandbox), ['4.14.1', '4.14.1']);
  await onlyAnswersBy(users, second.release);
  assert.equal(users.seen().failed, 0);

  const wrong = 'not/the:right@one%2B-0c5e1f7a93';
  const refused = await deployForPeople(story, '4.14.1', database.withPassword(wrong));
  assertOneClearSentence(refused, second.release);
  const [third] = await history(story);
  assert.equal(third?.verdict, 'NO-GO');
  assert.equal(third?.ending, 'rejected');
  await onlyAnswersBy(users, second.release);
  assert.deepEqual(await versionsLive(sandbox), ['4.14.1', '4.14.1']);

  await assertNoSecret(story, [database.password, wrong]);
  await assertNothingLost(users, database);
  await sandbox.stop();
});

/** A project that is deployed to a database with three posts. */
async function begin(t: TestContext): Promise<Story> {
  const database = await makeDatabase(t);
  const sandbox = await makeSandbox(t);
  await database.query(await readFile(join(fixtures, 'database.sql'), 'utf8'));
  await cp(join(fixtures, 'gonogo.yaml'), join(sandbox.folder, 'gonogo.yaml'));
  return { sandbox, database, said: [] };
}

/** As a developer does it: the dependencies of a version are checked out, and then it is deployed. */
async function runDeploy(
  { sandbox, said }: Story,
  version: Version,
  { url, args = [] }: { url: string; args?: string[] },
): Promise<Done> {
  await cp(join(fixtures, version), sandbox.folder, { recursive: true });
  await writeFile(join(sandbox.folder, '.env.production'), `DATABASE_URL="${url}"\n`, { mode: 0o600 });
  const done = await sandbox.run(['deploy', 'production', ...args], { env: registryEnvironment() });
  said.push(done.said());
  return done;
}

async function deploy(story: Story, version: Version, url: string): Promise<RolloutDetail> {
  const done = await runDeploy(story, version, { url, args: ['--format', 'json'] });
  const detail = done.json<RolloutDetail>();
  assert.equal(done.code, detail.verdict === 'GO' ? 0 : 1, done.said());
  return detail;
}

const deployForPeople = (story: Story, version: Version, url: string): Promise<Done> =>
  runDeploy(story, version, { url });

async function ask<T>({ sandbox, said }: Story, ...args: string[]): Promise<T> {
  const done = await sandbox.run([...args, '--format', 'json']);
  said.push(done.said());
  assert.equal(done.code, 0, done.said());
  return done.json<T>();
}

const history = (story: Story): Promise<RolloutSummary[]> => ask(story, 'history', 'production');

/** Exit 1, users stayed where they were, and what is wrong in one sentence. */
function assertOneClearSentence(done: Done, serving: string): void {
  assert.equal(done.code, 1, done.said());
  const lines = done.stdout.trimEnd().split('\n');
  const verdict = lines.findIndex((line) => line.startsWith('NO-GO'));
  assert.match(
    lines[verdict] ?? '',
    new RegExp(`users stayed on ${serving} with the variables it had before$`),
    done.said(),
  );
  const reasons = lines.slice(verdict).filter((line) => line.includes('✗'));
  assert.equal(reasons.length, 1, done.said());
  const reason = /✗ reach \$\{DATABASE_URL\} \(\S+\) .*password authentication failed for user "gonogo_e2e_/;
  assert.match(reasons[0] ?? '', reason, done.said());
}

/** The versions of postgraphile that the live slot's instances run, as their working folders have it. */
async function versionsLive(sandbox: Sandbox): Promise<string[]> {
  const done = await sandbox.run(['status', 'production', '--format', 'json']);
  const [status] = done.json<EnvironmentStatus[]>();
  const live = status?.slots.find(({ role }) => role === 'live');
  const pids = (live?.instances ?? []).map(({ pid }) => pid);
  return await Promise.all(
    pids.map(async (pid) => {
      const folder = await realpath(`/proc/${pid}/cwd`);
      const text = await readFile(join(folder, 'node_modules/postgraphile/package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    }),
  );
}

/** Users are answered now, by this release alone. */
async function onlyAnswersBy(users: Users, release: string): Promise<void> {
  const answers = await users.next(release, 50);
  assert.deepEqual(Object.keys(answers), [release], JSON.stringify(users.seen()));
}

/** Nothing that gonogo said, wrote or started with shows a password; only the vault and the instances know it. */
async function assertNoSecret(story: Story, secrets: readonly string[]): Promise<void> {
  const { sandbox, said } = story;
  const rollouts = await history(story);
  assert.equal(rollouts.length, 3);
  for (const { id } of rollouts) await ask<RolloutDetail>(story, 'show', id);
  await ask<object>(story, 'logs', 'production');
  assert.match(said.join('\n'), /PostGraphile v4\.14\.1 server listening/);
  assert.deepEqual(secretsIn(said.join('\n'), secrets), [], 'said');
  assert.deepEqual(await argumentsWithSecrets(secrets), [], 'arguments');

  const { found, read } = await filesWithSecrets(sandbox.state.root, secrets, ['vault']);
  assert.ok(read > 1000, `only ${read} files were read`);
  assert.deepEqual(found, [], 'files');
  const vault = await filesWithSecrets(sandbox.state.vault, secrets);
  assert.ok(vault.found.length > 0, 'the vault holds them, or the search does not find what is there');

  const knowing = (await processesOf(sandbox.root)).filter(({ env }) => secretsIn(env, secrets).length > 0);
  assert.ok(knowing.length > 0);
  assert.deepEqual(
    knowing.filter(({ env }) => !env.includes('\0GONOGO_LAUNCH=')).map(({ argv }) => argv),
    [],
    'environments',
  );
}

/** Every request got its right answer, and every write was done exactly once. */
async function assertNothingLost(users: Users, database: TestDatabase): Promise<void> {
  const { reads, writes } = await users.stop();
  assert.equal(reads.failed, 0, JSON.stringify(reads));
  assert.equal(writes.failed, 0, JSON.stringify(writes));
  const rows = await database.query<{ id: string }>('SELECT id FROM visit');
  assert.deepEqual(new Set(rows.map(({ id }) => id)), users.seen().written);
  assert.equal(rows.length, writes.requests);
}
