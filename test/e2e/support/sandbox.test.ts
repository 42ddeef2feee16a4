import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { processesOf } from './processes.ts';
import { makeSandbox } from './sandbox.ts';

test('stop finds a process that is left, by its environment alone, and the end of the test ends it', async (t) => {
  let left: ReturnType<typeof spawn> | undefined;
  let root = '';
  await t.test('a test that leaves one', async (inner) => {
    const sandbox = await makeSandbox(inner);
    root = sandbox.root;
    left = spawn('sleep', ['600'], {
      cwd: '/',
      env: { PATH: '/bin:/usr/bin', GONOGO_STATE: sandbox.state.root },
    });
    await once(left, 'spawn');
    await assert.rejects(sandbox.stop({ patience: 200 }), /processes are left[\s\S]*sleep 600/);
  });
  if (left?.exitCode === null && left.signalCode === null) await once(left, 'exit');
  assert.equal(left?.signalCode, 'SIGKILL');
  assert.deepEqual(await processesOf(root), []);
  await assert.rejects(stat(root), { code: 'ENOENT' });
});

test('stop finds a temporary folder that is left', async (t) => {
  const sandbox = await makeSandbox(t);
  await mkdir(join(sandbox.root, 'tmp', 'gonogo-bundle-x'));
  await assert.rejects(sandbox.stop(), /temporary folders are left[\s\S]*gonogo-bundle-x/);
});

test('commands run in the project with the sandbox’s state, and their last line is read as JSON', async (t) => {
  const sandbox = await makeSandbox(t);
  const version = await sandbox.run(['--version']);
  assert.equal(version.code, 0);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  const schema = await sandbox.run(['schema']);
  assert.throws(() => version.json(), /no JSON on the last line/);
  assert.equal(schema.code, 0);
  await sandbox.stop();
});
