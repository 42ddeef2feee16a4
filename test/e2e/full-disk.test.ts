import assert from 'node:assert/strict';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RolloutDetail } from '../../packages/gonogo/src/api/contract.ts';
import { exec } from '../../packages/gonogo/src/system/exec.ts';
import { lacking } from '../require.ts';
import type { Done } from './support/command.ts';
import { processesOf } from './support/processes.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { askFront, writeSite } from './support/site.ts';

const skip = process.getuid?.() === 0 ? false : lacking('root, to mount a small disk');

async function run(...argv: string[]): Promise<void> {
  const { code, stderr } = await exec(argv, { cwd: '/', env: { PATH: process.env.PATH ?? '' } });
  assert.equal(code, 0, `${argv.join(' ')}: ${stderr}`);
}

/** A sandbox whose state folder is a disk of its own: room enough for a deploy, and soon full. */
async function onSmallDisk(t: TestContext, size = '160m'): Promise<Sandbox> {
  const mounted: string[] = [];
  // Before the sandbox is cleared, which cannot remove a folder that is a mount point.
  t.after(async () => {
    for (const path of mounted) await run('umount', '-l', path);
  });
  const sandbox = await makeSandbox(t);
  await mkdir(sandbox.state.root, { mode: 0o700 });
  await run('mount', '-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', sandbox.state.root);
  mounted.push(sandbox.state.root);
  return sandbox;
}

/** Writes until nothing fits any more; answers how to make room again. */
async function fill({ state }: Sandbox): Promise<() => Promise<void>> {
  const path = join(state.root, 'filler');
  const file = await open(path, 'w');
  const { bavail, bsize } = await statfs(state.root);
  await file.truncate(0);
  await file.writeFile(Buffer.alloc(bavail * bsize)).catch(isFull);
  await file.close();
  return () => rm(path);
}

function isFull(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOSPC') throw error;
}

test('a disk with hardly any room is found in preflight', { skip }, async (t) => {
  const sandbox = await onSmallDisk(t, '48m');
  await writeSite(sandbox);
  const done = await sandbox.run(['deploy', 'production']);
  assert.equal(done.code, 1, done.said());
  assert.match(done.stdout, /preflight .*only \d+ MB are free on the disk of .*make room there/);
  await sandbox.stop();
});

test('a first deploy onto a full disk ends in one sentence and leaves nothing running', {
  skip,
}, async (t) => {
  const sandbox = await onSmallDisk(t);
  await writeSite(sandbox);
  const makeRoom = await fill(sandbox);
  const done = await sandbox.run(['deploy', 'production']);
  assert.equal(done.code, 3, done.said());
  assert.match(done.stderr, /the disk is full at \S+\/s|cannot be used/);
  assert.deepEqual(await leftIn(sandbox), []);
  await makeRoom();
  const again = await sandbox.run(['deploy', 'production']);
  assert.equal(again.code, 0, again.said());
  await sandbox.stop();
});

test('users are served on while the disk is full, and the next deploy after there is room works', {
  skip,
}, async (t) => {
  const sandbox = await onSmallDisk(t);
  await writeSite(sandbox);
  const first = await sandbox.run(['deploy', 'production', '--format', 'json']);
  assert.equal(first.code, 0, first.said());
  const { front } = first.json<RolloutDetail>();
  assert.ok(front);
  const makeRoom = await fill(sandbox);
  await writeSite(sandbox, { says: 'two' });
  for (const _ of [1, 2]) {
    const done = await sandbox.run(['deploy', 'production']);
    assert.equal(done.code, 3, done.said());
    assert.match(done.stderr, /the disk is full at/);
    assert.match(done.stderr, /make room and try again; what was served is still served/);
    assert.deepEqual(await askFront(front), { status: 200, text: 'one' });
  }
  await makeRoom();
  const again = await sandbox.run(['deploy', 'production']);
  assert.equal(again.code, 0, again.said());
  assert.deepEqual(await askFront(front), { status: 200, text: 'two' });
  await sandbox.stop();
});

test('a disk that fills in the middle of a rollout costs no user, and the rollout ends when there is room', {
  skip,
}, async (t) => {
  const sandbox = await onSmallDisk(t);
  await writeSite(sandbox);
  const first = await sandbox.run(['deploy', 'production', '--format', 'json']);
  const { front } = first.json<RolloutDetail>();
  assert.ok(front, first.said());
  await writeSite(sandbox, { says: 'two', ready: '503', attempts: 30 });
  const running = sandbox.start(['deploy', 'production']);
  await running.says('provision');
  const makeRoom = await fill(sandbox);
  const done = await running.done;
  assert.notEqual(done.code, 0, done.said());
  assert.deepEqual(await askFront(front), { status: 200, text: 'one' });
  await makeRoom();
  await writeSite(sandbox, { says: 'three' });
  const again = await deployWhenFree(sandbox);
  assert.equal(again.code, 0, again.said());
  assert.deepEqual(await askFront(front), { status: 200, text: 'three' });
  await sandbox.stop();
});

/** The agent that can write again carries on with what was interrupted; a deploy is refused until that has ended. */
async function deployWhenFree(sandbox: Sandbox): Promise<Done> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const done = await sandbox.run(['deploy', 'production']);
    if (!done.stderr.includes('is running') || performance.now() > deadline) return done;
  }
}

/** What still runs once an agent that could not start has had the time to end, which it may take after its command. */
async function leftIn({ root }: Sandbox): Promise<string[]> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const left = await processesOf(root);
    if (left.length === 0 || performance.now() > deadline) return left.map(({ argv }) => argv);
    await sleep(50);
  }
}
