import assert from 'node:assert/strict';
import { pbkdf2 } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../../../../test/suites/eventually.ts';
import { AccessLog, type Entry } from './access-log.ts';

const entry: Entry = {
  remote: '192.0.2.1',
  method: 'GET',
  host: 'shop.example',
  path: '/cart?coupon=secret',
  status: 200,
  bytes: 1000,
  ms: 1.23456,
  id: 'a',
};

/** How many descriptors of this process are open at a file (proc_pid_fd(5)). */
const descriptorsAt = (file: string): number =>
  readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) === file;
    } catch {
      return false; // The one that listed the folder.
    }
  }).length;

/** Writes wait until these are done: there are four threads for both (libuv's pool). */
const busy = (): Promise<unknown> =>
  Promise.all(
    Array.from({ length: 4 }, async () => {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      pbkdf2('', '', 400_000, 64, 'sha512', resolve);
      await promise;
    }),
  );

test('a log that is closed while it writes loses no line and leaves no descriptor open', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-log-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'access.log');
  const ids: string[] = [];
  for (const round of ['one', 'two', 'three']) {
    const log = new AccessLog({ file, query: false });
    log.write({ ...entry, id: `${round} first` });
    const done = busy();
    await eventually('the write has begun', () => descriptorsAt(file) > 0);
    log.write({ ...entry, id: `${round} last` });
    log.close();
    await done;
    await eventually('it is closed', () => descriptorsAt(file) === 0);
    ids.push(`${round} first`, `${round} last`);
  }
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  assert.deepEqual(lines.map((line) => (JSON.parse(line) as Entry).id).sort(), ids.sort());
  assert.ok(lines.every((line) => !line.includes('secret')));
});
