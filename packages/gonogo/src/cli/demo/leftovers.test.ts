import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { endProcesses, processesOf } from './leftovers.ts';

test('processes are found by their arguments, folder and environment, and ended; others are not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-left-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const idle = ['-e', 'console.log("up"); setInterval(() => undefined, 1_000)'];
  const start = (args: string[], options: { cwd?: string; env?: Record<string, string> }) =>
    spawn(process.execPath, args, { cwd: '/', env: {}, ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  const ours = [
    start([...idle, join(folder, 'x')], {}),
    start(idle, { cwd: folder }),
    start(idle, { env: { STATE: folder } }),
  ];
  const other = start(idle, {});
  const children = [...ours, other];
  t.after(() => children.map((child) => child.kill('SIGKILL')));
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  const found = await processesOf(folder);
  const pids = (list: readonly { pid?: number | undefined }[]): number[] =>
    list.map(({ pid }) => pid ?? 0).sort();
  assert.deepEqual(pids(found.map(({ identity }) => identity)), pids(ours));
  const ended = ours.map((child) => once(child, 'exit'));
  endProcesses(found);
  await Promise.all(ended);
  assert.deepEqual(await processesOf(folder), []);
  assert.equal(other.exitCode ?? other.signalCode, null);
});
