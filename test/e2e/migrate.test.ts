import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { EnvironmentStatus, RolloutDetail } from '../../packages/gonogo/src/api/contract.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { askFront, writeSite } from './support/site.ts';

/**
 * The "database" is a file that both slots share. The site can read a version or not; what it cannot read makes it
 * unready.
 */
const site = (says: string, readable: string, migrate = '') => ({
  says,
  before: `import { readFileSync } from 'node:fs';
const version = () => readFileSync(process.env.DATABASE, 'utf8').trim();`,
  ready: `${readable}.includes(version()) ? 200 : 503`,
  yaml: `contract: { env: { DATABASE: {} } }\n${migrate}`,
});

const command = (script: string): string => `[sh, -c, '${script}']`;
const up = command('echo run >> "$DATABASE.log"; echo 2 > "$DATABASE"');
const down = command('echo undone >> "$DATABASE.log"; echo 1 > "$DATABASE"');

type Stage = { readonly sandbox: Sandbox; readonly database: string; readonly env: Record<string, string> };

async function stage(sandbox: Sandbox): Promise<Stage> {
  const database = join(sandbox.root, 'database');
  await writeFile(database, '1');
  return { sandbox, database, env: { DATABASE: database } };
}

async function deploy({ sandbox, env }: Stage, what: ReturnType<typeof site>) {
  await writeSite(sandbox, what);
  return await sandbox.run(['deploy', 'production', '--format', 'json'], { env });
}

const log = async ({ database }: Stage): Promise<string> => await readFile(`${database}.log`, 'utf8');

describe('a migration', { concurrency: 2 }, () => {
  test('runs once, before anything new starts, and what serves is asked whether it still works', async (t) => {
    const at = await stage(await makeSandbox(t));
    const first = (await deploy(at, site('one', '["1", "2"]'))).json<RolloutDetail>();
    const done = await deploy(at, site('two', '["2"]', `migrate: { run: ${up} }`));
    assert.equal(done.code, 0, done.said());
    const { steps } = done.json<RolloutDetail>();
    const names = steps.map(({ name }) => name);
    assert.deepEqual(names.slice(0, 4), ['preflight', 'migrate', 'still-works', 'provision']);
    assert.equal(await log(at), 'run\n');
    assert.equal(first.front && (await askFront(first.front))?.text, 'two');
    await at.sandbox.stop();
  });

  test('that what serves cannot bear is taken back, and users stay where they were', async (t) => {
    const at = await stage(await makeSandbox(t));
    const first = (await deploy(at, site('one', '["1"]'))).json<RolloutDetail>();
    const done = await deploy(at, site('two', '["2"]', `migrate: { run: ${up}, undo: ${down} }`));
    assert.equal(done.code, 1, done.said());
    const rollout = done.json<RolloutDetail>();
    assert.equal(rollout.ending, 'rejected');
    assert.equal(rollout.failedStep, 'still-works');
    assert.match(rollout.why ?? '', /0 of 1 instances in blue are ready/);
    assert.equal(await log(at), 'run\nundone\n');
    assert.equal(first.front && (await askFront(first.front))?.text, 'one');
    await at.sandbox.stop();
  });

  test('that fails ends the rollout with its last words, and is not run again', async (t) => {
    const at = await stage(await makeSandbox(t));
    await deploy(at, site('one', '["1"]'));
    const failing = command('echo run >> "$DATABASE.log"; echo column exists already >&2; exit 3');
    const done = await deploy(at, site('two', '["1"]', `migrate: { run: ${failing}, undo: ${down} }`));
    assert.equal(done.code, 1, done.said());
    assert.match(
      done.json<RolloutDetail>().why ?? '',
      /the command to migrate ended with exit code 3: column exists already/,
    );
    assert.equal(await log(at), 'run\n');
    await at.sandbox.stop();
  });

  test('is waited for, and not run twice, when the agent is killed while it runs', async (t) => {
    const at = await stage(await makeSandbox(t));
    await deploy(at, site('one', '["1", "2"]'));
    const slow = command('echo run >> "$DATABASE.log"; sleep 2; echo 2 > "$DATABASE"');
    await writeSite(at.sandbox, site('two', '["2"]', `migrate: { run: ${slow} }`));
    const started = await at.sandbox.run(['deploy', 'production', '--detach', '--format', 'json'], {
      env: at.env,
    });
    const { rollout } = started.json<{ rollout: string }>();
    while (!(await log(at).catch(() => ''))) await new Promise((resolve) => setTimeout(resolve, 20));
    const { agent } = (await at.sandbox.run(['agent', 'status', '--format', 'json'])).json<{
      agent: { pid: number };
    }>();
    process.kill(agent.pid, 'SIGKILL');
    const done = await at.sandbox.run(['show', rollout, '--follow']);
    assert.match(done.stdout, /^GO /m, done.said());
    assert.match(done.stdout, /went on with migrate/);
    assert.equal(await log(at), 'run\n');
    await at.sandbox.stop();
  });
});

/** A worker writes its revision's word into a file every 50 ms, and one that sees another's lock file ends. */
const withWorkers = (says: string, overlap: boolean, broken = '200') => ({
  says,
  ready: '200',
  status: broken,
  yaml: '',
  workers: `
  workers:
    mailer:
      overlap: ${overlap}
      command:
        - node
        - -e
        - |
          const fs = require('node:fs');
          const lock = process.env.LOCK;
          if (!${overlap}) fs.openSync(lock, 'wx');
          process.on('SIGTERM', () => { if (!${overlap}) fs.rmSync(lock); process.exit(0); });
          setInterval(() => fs.writeFileSync(process.env.WORD, '${says}'), 50);`,
  contract: 'contract: { env: { LOCK: {}, WORD: {} } }',
});

describe('workers', { concurrency: 2 }, () => {
  for (const overlap of [true, false]) {
    test(`that may ${overlap ? '' : 'not '}overlap are handed over, and come back with a rollback`, async (t) => {
      const sandbox = await makeSandbox(t);
      const word = join(sandbox.root, 'word');
      const env = { LOCK: join(sandbox.root, 'lock'), WORD: word };
      const deploy = async (says: string): Promise<void> => {
        const { workers, contract, ...rest } = withWorkers(says, overlap);
        await writeSite(sandbox, { ...rest, run: workers, yaml: contract });
        const done = await sandbox.run(['deploy', 'production'], { env });
        assert.equal(done.code, 0, done.said());
      };
      const untilWord = async (expected: string): Promise<void> => {
        while ((await readFile(word, 'utf8').catch(() => '')) !== expected)
          await new Promise((resolve) => setTimeout(resolve, 20));
      };
      await deploy('one');
      await untilWord('one');
      await deploy('two');
      await untilWord('two');
      const back = await sandbox.run(['rollback', 'production']);
      assert.equal(back.code, 0, back.said());
      await untilWord('one');
      const [status] = (await sandbox.run(['status', '--format', 'json'])).json<EnvironmentStatus[]>();
      const mailers = status?.slots.filter(({ pool }) => pool === 'mailer') ?? [];
      assert.deepEqual(
        mailers.map(({ role }) => role),
        ['live'],
        'the other slot has no worker left',
      );
      await sandbox.stop();
    });
  }
});
