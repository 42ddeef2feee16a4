import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openLog } from './log.ts';

async function logPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-log-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'agent.log');
}

test('a log is JSON lines with level, time and pid, in a file of its owner', async (t) => {
  const path = await logPath(t);
  const log = openLog(path, { now: () => 0 });
  log.info('ready', { socket: '/s' });
  log.debug('left out');
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [{ level: 'info', time: '1970-01-01T00:00:00.000Z', pid: process.pid, msg: 'ready', socket: '/s' }],
  );
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('a log that grows too large keeps one earlier file', async (t) => {
  const path = await logPath(t);
  const log = openLog(path, { now: () => 0, maxBytes: 2000 });
  for (let i = 0; i < 100; i++) log.info(`line ${i}`);
  assert.ok((await stat(path)).size <= 2000);
  assert.ok((await stat(`${path}.1`)).size <= 2200);
  assert.equal((await stat(`${path}.1`)).mode & 0o777, 0o600);
});

test('a log that cannot be written harms nobody', () => {
  const said: string[] = [];
  openLog('/proc/none/agent.log', { now: () => 0, also: (line) => said.push(line) }).error('still told');
  assert.match(said[0] ?? '', /still told/);
});
