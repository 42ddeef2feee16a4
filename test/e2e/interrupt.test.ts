import assert from 'node:assert/strict';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentStatus, RolloutDetail } from '../../packages/gonogo/src/api/contract.ts';
import type { Address } from '../../packages/gonogo/src/domain/environment.ts';
import { lacking } from '../require.ts';
import type { Running } from './support/command.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { askFront, writeSite } from './support/site.ts';

const skip = canRun('script') ? false : lacking('script(1), of util-linux');
const ctrlC = '\u0003';
const question = 'to keep watching? ';

function canRun(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false; // Not in this folder.
    }
  });
}

type Stage = { readonly sandbox: Sandbox; readonly front: Address };

/** Users are with `one`; the next release is `two`, and watched for so long. */
async function stage(t: TestContext, watch = '60s'): Promise<Stage> {
  const sandbox = await makeSandbox(t);
  await writeSite(sandbox);
  const first = await sandbox.run(['deploy', 'production', '--format', 'json']);
  const { front } = first.json<RolloutDetail>();
  assert.ok(front, first.said());
  await writeSite(sandbox, { says: 'two', watch: `watch: { for: ${watch} }` });
  return { sandbox, front };
}

/** A deploy whose release users are with already. */
async function watched({ sandbox }: Stage, terminal: boolean): Promise<Running> {
  const deploying = sandbox.start(['deploy', 'production'], { terminal });
  await deploying.says('✓ flip');
  return deploying;
}

/** Waits until it is so; fails with what it waited for. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`in 60 s it was never so: ${what}`);
    await sleep(20);
  }
}

/** What was printed since the question was last asked. */
const sinceAsked = (deploying: Running): string =>
  deploying.output().stdout.split(question).slice(1).at(-1) ?? '';

/** Presses Ctrl-C, and waits until it is asked what that means, for the first time or once more. */
async function interrupt(deploying: Running): Promise<void> {
  const asked = (): number => deploying.output().stdout.split(question).length;
  const before = asked();
  deploying.press(ctrlC);
  await until('it asks', () => asked() > before);
}

async function isRunning({ sandbox }: Stage): Promise<boolean> {
  const [status] = (await sandbox.run(['status', '--format', 'json'])).json<EnvironmentStatus[]>();
  return status?.rollout !== undefined && status.rollout.ending === undefined;
}

/** The rollout goes on without its command; it is put back by another. */
async function leftRunning(at: Stage, deploying: Running): Promise<void> {
  const done = await deploying.done;
  assert.equal(done.code, 4, done.said());
  assert.match(done.stdout, /the rollout goes on in the agent; follow it with: gonogo show \S+ --follow/);
  assert.ok(await isRunning(at), 'the rollout runs on');
  assert.equal((await askFront(at.front))?.text, 'two');
  const aborted = await at.sandbox.run(['abort', 'production']);
  assert.equal(aborted.code, 0, aborted.said());
  assert.equal((await askFront(at.front))?.text, 'one');
}

async function putBack({ front }: Stage, deploying: Running): Promise<void> {
  const done = await deploying.done;
  assert.equal(done.code, 1, done.said());
  assert.match(done.stdout, /NO-GO.*users are back on site@/);
  assert.equal((await askFront(front))?.text, 'one');
}

describe('Ctrl-C on a terminal', { skip, concurrency: 2 }, () => {
  test('asks: Enter keeps watching, d or a second one leaves the rollout running, a puts it back', async (t) => {
    const at = await stage(t);
    const detached = await watched(at, true);
    await interrupt(detached);
    detached.press('\r');
    await until('it tells on', () => sinceAsked(detached).includes('… watch'));
    await interrupt(detached);
    detached.press('d\r');
    await leftRunning(at, detached);

    const twice = await watched(at, true);
    await interrupt(twice);
    twice.press(ctrlC);
    await leftRunning(at, twice);

    const aborted = await watched(at, true);
    await interrupt(aborted);
    assert.equal((await askFront(at.front))?.text, 'two', 'nothing is done before it is answered');
    aborted.press('a\r');
    await putBack(at, aborted);
    await at.sandbox.stop();
  });

  test('holds back what happens while it is asked, and then tells it to the verdict', async (t) => {
    const at = await stage(t, '1500ms');
    const deploying = await watched(at, true);
    await interrupt(deploying);
    await until('the rollout ends', async () => !(await isRunning(at)));
    const asked = deploying.output().stdout;
    assert.doesNotMatch(asked, /✓ watch|GO/, 'nothing is printed into the question');
    deploying.press('\r');
    const done = await deploying.done;
    assert.equal(done.code, 0, done.said());
    assert.match(done.stdout.slice(asked.length), /✓ watch.*GO.*site@\w+ → production.*live on/s);
    await at.sandbox.stop();
  });
});

test('a deploy that still waits for the last one to be cleared away is not begun when it is interrupted', async (t) => {
  const sandbox = await makeSandbox(t);
  const slow = { onTerm: '() => setTimeout(() => process.exit(0), 20_000)', grace: '40s' };
  const slots = async (): Promise<number> => {
    const [status] = (await sandbox.run(['status', '--format', 'json'])).json<EnvironmentStatus[]>();
    return status?.slots.length ?? 0;
  };
  const releases = async (): Promise<number> =>
    (await sandbox.run(['releases', '--format', 'json'])).json<unknown[]>().length;
  for (const site of [slow, { says: 'two', production: 'keep: 1s' }]) {
    await writeSite(sandbox, site);
    const done = await sandbox.run(['deploy', 'production']);
    assert.equal(done.code, 0, done.said());
  }
  await writeSite(sandbox, { says: 'three' });
  await sleep(1500); // The first one is being stopped.
  const deploying = sandbox.start(['deploy', 'production']);
  await until('it asks to be deployed', async () => (await releases()) === 3);
  await sleep(200);
  deploying.child.kill('SIGINT');
  await deploying.done;
  assert.equal(await slots(), 2, 'it was interrupted while it waited');
  await until('the first one is gone', async () => (await slots()) === 1);
  await sleep(500);
  const history = (await sandbox.run(['history', 'production', '--format', 'json'])).json<unknown[]>();
  assert.equal(history.length, 2, 'nothing was begun');
  const after = await sandbox.run(['deploy', 'production']);
  assert.equal(after.code, 0, after.said());
  await sandbox.stop();
});

describe('without a terminal nobody can be asked', { concurrency: 2 }, () => {
  test('SIGTERM, as of a cancelled job, puts the rollout back', async (t) => {
    const at = await stage(t);
    const deploying = await watched(at, false);
    deploying.child.kill('SIGTERM');
    await deploying.says('interrupted: the agent is asked to put it back');
    await putBack(at, deploying);
    await at.sandbox.stop();
  });

  test('a second signal leaves the rollout to the agent, which puts it back', async (t) => {
    const sandbox = await makeSandbox(t);
    const stubborn = { onTerm: '() => undefined', grace: '5s' };
    await writeSite(sandbox, stubborn);
    const first = await sandbox.run(['deploy', 'production', '--format', 'json']);
    const { front } = first.json<RolloutDetail>();
    assert.ok(front, first.said());
    await writeSite(sandbox, { ...stubborn, says: 'two', watch: 'watch: { for: 60s }' });
    const deploying = sandbox.start(['deploy', 'production']);
    await deploying.says('✓ flip');
    deploying.child.kill('SIGTERM');
    await deploying.says('interrupted');
    deploying.child.kill('SIGTERM');
    const done = await deploying.done;
    assert.equal(done.code, 4, done.said());
    await until('it is put back', async () => !(await isRunning({ sandbox, front })));
    assert.equal((await askFront(front))?.text, 'one');
    await sandbox.stop();
  });
});
