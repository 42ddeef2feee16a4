import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isProblem } from '../errors.ts';
import { takeLock } from './lock.ts';

const folder = await mkdtemp(join(tmpdir(), 'gonogo-lock-'));
after(() => rm(folder, { recursive: true, force: true }));

test('a lock is held once until it is released', async () => {
  const path = join(folder, 'once.db');
  const lock = await takeLock(path);
  assert.ok(lock);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(await takeLock(path), undefined);
  lock.release();
  lock.release();
  const again = await takeLock(path);
  assert.ok(again);
  again.release();
});

test('a lock of another process keeps this one out, and SIGKILL frees it', async () => {
  const path = join(folder, 'killed.db');
  const program = `const { takeLock } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
    if (await takeLock(process.argv[1])) console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    assert.equal(await takeLock(path), undefined);
    assert.equal(await takeLock(path), undefined, 'asking must not drop it');
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const lock = await takeLock(path);
  assert.ok(lock);
  lock.release();
});

test('a folder that does not exist is an error that names the path, not a held lock', async () => {
  const path = join(folder, 'none', 'lock.db');
  await assert.rejects(takeLock(path), (e) => isProblem(e, 'STATE_UNUSABLE') && e.message.includes(path));
});
