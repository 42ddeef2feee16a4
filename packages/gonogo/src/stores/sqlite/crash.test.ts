import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { lacking } from '../../../../../test/require.ts';
import { systemClock } from '../../system/clock.ts';
import { stateFolder } from '../../system/state.ts';
import { openStores } from './index.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-crash-'));
after(() => rm(root, { recursive: true, force: true }));

const source = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** Large enough that the write-ahead log is copied into the database on the way (sqlite.org/wal.html#ckpt). */
const appends = 24;
const size = 240_000;

/** Two events an append; after each, how many are durable is told, and every fourth time a snapshot is kept. */
const program = `
  const { openStores } = await import(${source('./index.ts')});
  const { stateFolder } = await import(${source('../../system/state.ts')});
  const { systemClock } = await import(${source('../../system/clock.ts')});
  const { writeSync } = await import('node:fs');
  const stores = await openStores(stateFolder(process.argv[1]), systemClock);
  const lease = await stores.leases.claim('s', 'me', 60_000);
  for (let n = 0; n < ${appends}; n++) {
    const event = { e: 'ended', at: n, as: 'succeeded', why: String(n % 10).repeat(${size / 2}) };
    const seq = await stores.journal.append('s', 2 * n, lease.fence, [event, event]);
    writeSync(1, seq + '\\n');
    if (n % 4 === 3) await stores.journal.keepSnapshot('s', { seq, version: 1, state: 'of ' + seq });
  }
  await stores.close();
`;

/** Every system call by which something reaches the disk. */
const calls = 'pwrite64,write,fsync,fdatasync,ftruncate,unlink';

type Run = { readonly state: string; readonly acknowledged: number; readonly killed: boolean };

function run(name: string, strace: readonly string[]): Run {
  const state = join(root, name);
  const argv = ['-f', ...strace, process.execPath, '--input-type=module', '-e', program, state];
  const { stdout, stderr, signal, status } = spawnSync('strace', argv, {
    encoding: 'utf8',
    timeout: 120_000,
    env: { PATH: process.env.PATH ?? '' },
  });
  // strace ends by the signal that ended what it traced.
  const killed = signal === 'SIGKILL' || status === 137;
  assert.ok(killed || status === 0, stderr);
  return { state, acknowledged: Number(stdout.trim().split('\n').at(-1) ?? 0), killed };
}

const skip =
  spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0
    ? false
    : lacking('strace(1) and the right to trace');

/** How many such calls each thread makes on the way, of the thread that makes most: the one that owns the databases. */
async function callsOfWorker(): Promise<number> {
  const trace = join(root, 'trace');
  run('whole', ['-o', trace, '-e', `trace=${calls}`]);
  const byThread = new Map<string, number>();
  for (const line of (await readFile(trace, 'utf8')).split('\n')) {
    const [thread = ''] = line.split(' ');
    if (/^\d+ +\w+\(/.test(line)) byThread.set(thread, (byThread.get(thread) ?? 0) + 1);
  }
  return Math.max(...byThread.values());
}

/** What was acknowledged is there, what is there is whole and in order, and a snapshot is not ahead of it. */
async function examine({ state, acknowledged }: Run): Promise<void> {
  const stores = await openStores(stateFolder(state), systemClock);
  try {
    const events = await stores.journal.read('s');
    const count = events.length;
    assert.ok(count === acknowledged || count === acknowledged + 2, `${count} of ${acknowledged}`);
    for (const [seq, event] of events.entries()) {
      const n = Math.floor(seq / 2);
      assert.deepEqual(event, {
        e: 'ended',
        at: n,
        as: 'succeeded',
        why: String(n % 10).repeat(size / 2),
      });
    }
    const snapshot = await stores.journal.snapshot('s', 1);
    if (snapshot) assert.equal(snapshot.state, `of ${snapshot.seq}`);
    assert.ok((snapshot?.seq ?? 0) >= acknowledged - 10, 'the snapshot before the last is there');
    const { fence } = await stores.leases.claim('s', 'me', 60_000);
    assert.equal(
      await stores.journal.append('s', count, fence, [{ e: 'ended', at: 0, as: 'aborted' }]),
      count + 1,
    );
  } finally {
    await stores.close();
  }
  const database = new DatabaseSync(stateFolder(state).journal);
  assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  database.close();
}

/** Evidence and a revision, then the event that refers to them; what is acknowledged is told by a letter. */
const evidenceFirst = `
  const { openStores } = await import(${source('./index.ts')});
  const { stateFolder } = await import(${source('../../system/state.ts')});
  const { systemClock } = await import(${source('../../system/clock.ts')});
  const { writeSync } = await import('node:fs');
  const target = { project: 'p', service: 's', environment: 'e', host: 'local' };
  const stores = await openStores(stateFolder(process.argv[1]), systemClock);
  const lease = await stores.leases.claim('s', 'me', 60_000);
  writeSync(1, 'opened\\n');
  for (let n = 0; n < 5; n++) await stores.evidence.put(target, { of: 'log', lines: ['one'] });
  writeSync(1, 'kept\\n');
  await stores.journal.append('s', 0, lease.fence, [{ e: 'ended', at: 0, as: 'succeeded' }]);
  writeSync(1, 'appended\\n');
  await stores.close();
`;

test('evidence is synced to the disk by the event that refers to it, not before', { skip }, async () => {
  const trace = join(root, 'syncs');
  const argv = ['-f', '-o', trace, '-e', 'trace=write,fsync,fdatasync', process.execPath];
  const state = join(root, 'evidence');
  const ran = spawnSync('strace', [...argv, '--input-type=module', '-e', evidenceFirst, state], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '' },
  });
  assert.equal(ran.stdout, 'opened\nkept\nappended\n', ran.stderr);
  const calls = (await readFile(trace, 'utf8')).split('\n');
  const told = (what: string): number => calls.findIndex((line) => line.includes(`"${what}`));
  const syncsBetween = (from: string, to: string): number =>
    calls.slice(told(from), told(to)).filter((line) => /^\d+ +f(data)?sync\(/.test(line)).length;
  assert.equal(syncsBetween('opened', 'kept'), 0);
  assert.equal(syncsBetween('kept', 'appended'), 1);
});

test('killed at any write to the disk, the journal keeps what it acknowledged and nothing half', {
  skip,
}, async () => {
  const total = await callsOfWorker();
  const kills = 16;
  let killed = 0;
  for (let n = 0; n < kills; n++) {
    // Spread over the whole run, and at another place within a transaction each time.
    const when = Math.max(1, Math.floor(((n + 0.5) * total) / kills) + (n % 3));
    const inject = `inject=${calls}:signal=SIGKILL:when=${when}`;
    const ended = run(`killed-${when}`, ['-o', '/dev/null', '-e', `trace=${calls}`, '-e', inject]);
    if (ended.killed) killed += 1;
    await examine(ended);
    await rm(ended.state, { recursive: true, force: true });
  }
  assert.ok(killed >= kills - 2, `${killed} of ${kills} were killed`);
});
