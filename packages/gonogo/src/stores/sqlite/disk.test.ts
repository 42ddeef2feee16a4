import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { lacking } from '../../../../../test/require.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-disk-'));
after(() => rm(root, { recursive: true, force: true }));

const source = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** Appends until an append fails, then runs `after` and tells what the next three writes answer. */
const program = `
  const { openStores } = await import(${source('./index.ts')});
  const { stateFolder } = await import(${source('../../system/state.ts')});
  const { systemClock } = await import(${source('../../system/clock.ts')});
  const { readdirSync, rmSync, writeFileSync } = await import('node:fs');
  process.on('SIGXFSZ', () => undefined);
  const [root, filler] = process.argv.slice(1);
  const stores = await openStores(stateFolder(root), systemClock);
  const lease = await stores.leases.claim('s', 'me', 60_000);
  const event = { e: 'ended', at: 1, as: 'succeeded', why: 'x'.repeat(10_000) };
  if (filler) writeFileSync(filler, Buffer.alloc(512 * 1024));
  const tell = (work) => work.then(() => ({ code: 'ok' }), ({ code, message, facts }) => ({ code, message, facts }));
  let seq = 0, first;
  while ((first = await tell(stores.journal.append('s', seq, lease.fence, [event]))).code === 'ok') seq += 1;
  if (filler) rmSync(filler);
  const later = [];
  for (const write of [
    () => stores.journal.append('s', seq, lease.fence, [{ ...event, why: '' }]),
    () => lease.renew(),
    () => stores.evidence.put({}, { of: 'log', lines: [] }),
  ]) later.push((await tell(write())).code);
  const read = (await stores.journal.read('s')).length;
  await stores.close();
  const reopened = await openStores(stateFolder(root), systemClock);
  const survived = (await reopened.journal.read('s')).length;
  await reopened.close();
  console.log(JSON.stringify({ seq, first, later, read, survived }));
`;

type Told = {
  seq: number;
  first: { code: string; message: string; facts: { path: string } };
  later: string[];
  read: number;
  survived: number;
};

/** Runs the program, through `argv` in front of node. */
function run(argv: readonly string[], args: readonly string[]): Told {
  const [command = '', ...rest] = [...argv, process.execPath, '--input-type=module', '-e', program, ...args];
  const { stdout, stderr, status } = spawnSync(command, rest, { encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Told;
}

/** For `skip`: false when the command works here. */
function missing(argv: readonly string[], what: string): string | false {
  const [command = '', ...args] = argv;
  return spawnSync(command, args).status === 0 ? false : lacking(what);
}

/** A file system of its own that nobody else sees, and that is gone with the program. */
const tmpfs = (folder: string): string[] => [
  ...['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'],
  ...['mount -t tmpfs -o size=1m none "$0" && exec "$@"', folder],
];

test('a full disk stops the writer for good with DISK_FULL, and what was appended before is kept', {
  skip: missing([...tmpfs(root), 'true'], 'unshare(1) and the right to mount a tmpfs'),
}, () => {
  const state = join(root, 'state');
  const told = run(tmpfs(root), [state, join(root, 'filler')]);
  assert.equal(told.first.code, 'DISK_FULL');
  assert.equal(told.first.facts.path, join(state, 'journal.db'));
  assert.deepEqual(told.later, ['DISK_FULL', 'DISK_FULL', 'DISK_FULL'], 'although there is room again');
  assert.equal(told.read, told.seq);
  assert.equal(told.survived, told.seq);
});

test('a failed write stops the writer for good with STATE_UNUSABLE', {
  skip: missing(['prlimit', '--fsize=65536:65536', 'true'], 'prlimit(1)'),
}, () => {
  const told = run(['prlimit', '--fsize=300000:300000'], [join(root, 'limited')]);
  assert.equal(told.first.code, 'STATE_UNUSABLE');
  assert.match(told.first.message, /limited\/journal\.db.*disk I\/O error/);
  assert.deepEqual(told.later, ['STATE_UNUSABLE', 'STATE_UNUSABLE', 'STATE_UNUSABLE']);
  assert.equal(told.survived, told.seq);
});

const failingSync = (when: string): string[] => [
  ...['strace', '-f', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync'],
  ...['-e', `inject=fsync,fdatasync:error=EIO:when=${when}`],
];

test('a failed sync stops the writer for good, although a later one would succeed', {
  skip: missing([...failingSync('1'), 'true'], 'strace(1) and the right to trace'),
}, () => {
  const told = run(failingSync('40'), [join(root, 'unsynced')]);
  assert.equal(told.first.code, 'STATE_UNUSABLE');
  assert.deepEqual(told.later, ['STATE_UNUSABLE', 'STATE_UNUSABLE', 'STATE_UNUSABLE']);
  assert.equal(told.read, told.seq);
});
