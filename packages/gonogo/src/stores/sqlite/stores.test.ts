import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import type { CheckResult } from '../../domain/check.ts';
import type { Event } from '../../domain/event.ts';
import type { ReleaseRecord } from '../../domain/release-record.ts';
import type { Revision } from '../../domain/revision.ts';
import { streamOf, type Target } from '../../domain/target.ts';
import { isProblem } from '../../errors.ts';
import { systemClock } from '../../system/clock.ts';
import { type StateFolder, stateFolder } from '../../system/state.ts';
import { openStores, type Stores } from './index.ts';

const roots: string[] = [];
const open: Stores[] = [];
after(async () => {
  await Promise.all(open.map((stores) => stores.close()));
  await Promise.all(roots.map((root) => rm(root, { recursive: true, force: true })));
});

async function freshState(): Promise<StateFolder> {
  const root = await mkdtemp(join(tmpdir(), 'gonogo-stores-'));
  roots.push(root);
  return stateFolder(join(root, 'state'));
}

async function opened(state?: StateFolder): Promise<Stores> {
  const stores = await openStores(state ?? (await freshState()), systemClock);
  open.push(stores);
  return stores;
}

const target = (environment: string, service = 'shop'): Target => ({
  project: 'p',
  service,
  environment,
  host: 'h',
});
const stream = streamOf(target('production'));

const placed = { slot: 'blue', revision: 'r1', releaseDigest: 'sha256:1' } as const;
const settings = {
  strategy: 'blue-green',
  watch: { for: 1, errors: 0, p99: 1, minRequests: 0 },
  keep: 1,
  address: '127.0.0.1',
} as const;

/** The store knows of a plan only that it is there. */
const planned = (id: string): Event => ({
  e: 'planned',
  v: 1,
  at: 1,
  plan: { seq: [] },
  spec: {
    id,
    kind: 'deploy',
    target: target('production'),
    settings,
    next: placed,
    front: { host: '127.0.0.1', port: 1 },
    by: 'test',
  },
});
const settled = (key: string): Event => ({ e: 'settled', at: 2, key, outcome: { is: 'ok', evidence: [] } });
const turnedBack: Event = { e: 'turned-back', at: 3, why: 'a check failed' };
const ended: Event = { e: 'ended', at: 4, as: 'succeeded' };

test('what was appended is read in order, from any position, and survives closing', async () => {
  const state = await freshState();
  const first = await opened(state);
  const { fence } = await first.journal.read(stream).then(() => first.leases.claim(stream, 'me', 60_000));
  const events = [planned('one'), settled('a'), ended];
  assert.equal(await first.journal.append(stream, 0, fence, events), 3);
  assert.deepEqual(await first.journal.read(stream), events);
  assert.deepEqual(await first.journal.read(stream, 2), [ended]);
  await first.close();
  const second = await opened(state);
  assert.deepEqual(await second.journal.read(stream), events);
  assert.deepEqual(await second.journal.streams(), [stream]);
});

test('an append at another position than the stream’s writes nothing', async () => {
  const { journal, leases } = await opened();
  const { fence } = await leases.claim(stream, 'me', 60_000);
  await journal.append(stream, 0, fence, [planned('one')]);
  for (const after of [0, 2]) {
    await assert.rejects(journal.append(stream, after, fence, [ended]), (e) => isProblem(e, 'JOURNAL_MOVED'));
  }
  assert.equal((await journal.read(stream)).length, 1);
});

test('an append with an earlier fence, or to a stream that nobody claimed, writes nothing', async () => {
  const { journal, leases } = await opened();
  const lost = (error: unknown): boolean => isProblem(error, 'LEASE_LOST');
  await assert.rejects(journal.append(stream, 0, 0, [planned('one')]), lost);
  const old = await leases.claim(stream, 'me', 60_000);
  const current = await leases.claim(stream, 'me', 60_000);
  assert.ok(current.fence > old.fence);
  await assert.rejects(journal.append(stream, 0, old.fence, [planned('one')]), lost);
  await assert.rejects(old.renew(), lost);
  await current.renew();
  assert.deepEqual(await journal.read(stream), []);
});

test('a rollout’s events are those up to the next plan of its stream', async () => {
  const { journal, leases } = await opened();
  const other = streamOf(target('staging'));
  const { fence } = await leases.claim(stream, 'me', 60_000);
  const { fence: otherFence } = await leases.claim(other, 'me', 60_000);
  await journal.append(stream, 0, fence, [planned('one'), settled('a')]);
  await journal.append(other, 0, otherFence, [planned('elsewhere')]);
  await journal.append(stream, 2, fence, [turnedBack, ended, planned('two')]);
  await journal.append(stream, 5, fence, [settled('b')]);
  assert.deepEqual(await journal.rolloutEvents('one'), [planned('one'), settled('a'), turnedBack, ended]);
  assert.deepEqual(await journal.rolloutEvents('two'), [planned('two'), settled('b')]);
  assert.deepEqual(await journal.rolloutEvents('three'), []);
});

test('a list of rollouts has the newest first, without plans, and no more of them than asked for', async () => {
  const { journal, leases } = await opened();
  const { fence } = await leases.claim(stream, 'me', 60_000);
  const events = ['one', 'two', 'three'].flatMap((id) => [planned(id), settled(id), turnedBack, ended]);
  await journal.append(stream, 0, fence, events);
  const two = await journal.plannedAndEnded(stream, 2);
  assert.deepEqual(
    two.map((event) => (event.e === 'planned' ? event.spec.id : event.e)),
    ['ended', 'turned-back', 'three', 'ended', 'turned-back', 'two'],
  );
  assert.deepEqual(two[2], {
    e: 'planned',
    at: 1,
    spec: {
      id: 'three',
      kind: 'deploy',
      target: { service: 'shop', environment: 'production' },
      settings: { strategy: 'blue-green' },
      next: { revision: 'r1', releaseDigest: 'sha256:1' },
    },
  });
  assert.equal((await journal.plannedAndEnded(stream, 10)).length, 9);
});

test('the newest snapshot of a stream is kept, and survives closing', async () => {
  const state = await freshState();
  const first = await opened(state);
  const { fence } = await first.leases.claim(stream, 'me', 60_000);
  await first.journal.append(stream, 0, fence, [planned('one'), settled('a'), ended]);
  assert.equal(await first.journal.snapshot(stream, 1), undefined);
  await first.journal.keepSnapshot(stream, { seq: 1, version: 1, state: 'earlier' });
  await first.journal.keepSnapshot(stream, { seq: 3, version: 1, state: 'later' });
  await first.close();
  const { journal } = await opened(state);
  assert.deepEqual(await journal.snapshot(stream, 1), { seq: 3, version: 1, state: 'later' });
  assert.equal(await journal.snapshot(streamOf(target('staging')), 1), undefined);
});

test('a snapshot of another version, one that is ahead of its stream, and one that was changed are ignored', async () => {
  const state = await freshState();
  const { journal, leases, close } = await opened(state);
  const { fence } = await leases.claim(stream, 'me', 60_000);
  await journal.append(stream, 0, fence, [planned('one'), ended]);
  await journal.keepSnapshot(stream, { seq: 2, version: 1, state: 'whole' });
  assert.equal(await journal.snapshot(stream, 2), undefined);
  await journal.keepSnapshot(stream, { seq: 3, version: 1, state: 'ahead' });
  assert.equal(await journal.snapshot(stream, 1), undefined);
  await journal.keepSnapshot(stream, { seq: 2, version: 1, state: 'whole' });
  await close();
  for (const change of ["state = 'whol'", 'seq = 1', "version = 'another build/1'"]) {
    const file = new DatabaseSync(state.journal);
    file.exec(`CREATE TABLE kept AS SELECT * FROM snapshots; UPDATE snapshots SET ${change}`);
    const changed = await opened(state);
    assert.equal(await changed.journal.snapshot(stream, 1), undefined, change);
    await changed.close();
    file.exec('DELETE FROM snapshots; INSERT INTO snapshots SELECT * FROM kept; DROP TABLE kept');
    file.close();
  }
  const { journal: restored } = await opened(state);
  assert.equal((await restored.snapshot(stream, 1))?.state, 'whole');
});

test('a state of the version before gets its snapshots, and keeps its events', async () => {
  const state = await freshState();
  const first = await opened(state);
  const { fence } = await first.leases.claim(stream, 'me', 60_000);
  await first.journal.append(stream, 0, fence, [planned('one'), ended]);
  await first.close();
  const older = new DatabaseSync(state.journal);
  older.exec('DROP TABLE snapshots; DROP TABLE releases; PRAGMA user_version = 1');
  older.close();
  const { journal } = await opened(state);
  await journal.keepSnapshot(stream, { seq: 2, version: 1, state: 'made' });
  assert.equal((await journal.snapshot(stream, 1))?.state, 'made');
  assert.equal((await journal.read(stream)).length, 2);
});

test('releases are found by project and digest, and what was told of last is listed first', async () => {
  const { releases } = await opened();
  const record = (project: string, digit: string) =>
    ({ project, builtAt: 1, release: { digest: `sha256:${digit.repeat(64)}` } }) as ReleaseRecord;
  const [one, two, other] = [record('p', '1'), record('p', '2'), record('q', '1')];
  await releases.put(one, { at: 1, packages: '{"a":1}' });
  await releases.put(other, { at: 2, packages: '{}' });
  await releases.put(two, { at: 3, packages: '{}' });
  assert.deepEqual(await releases.list(), [two, other, one]);
  assert.deepEqual(await releases.list('p'), [two, one]);
  await releases.put({ ...one, builtBy: 'ada' }, { at: 4, packages: '{"a":2}' });
  assert.deepEqual(await releases.list('p'), [{ ...one, builtBy: 'ada' }, two]);
  assert.equal(await releases.packages('p', one.release.digest), '{"a":2}');
  assert.deepEqual(await releases.find('q', one.release.digest), other);
  await releases.forget('p', one.release.digest);
  assert.equal(await releases.find('p', one.release.digest), undefined);
  assert.equal(await releases.packages('p', one.release.digest), undefined);
});

test('a revision is opened as it was put, and an unknown one is named', async () => {
  const { revisions } = await opened();
  const digest = `sha256:${'1'.repeat(64)}`;
  const release = { digest, artifact: { kind: 'bundle', digest } };
  const revision = { id: '1234567.12345678', address: '127.0.0.1', release } as Revision;
  await revisions.put({ ...revision, address: '127.0.0.2' });
  await revisions.put(revision);
  assert.deepEqual(await revisions.open(revision.id), revision);
  const older = { ...revision, id: 'older', release: { ...release, artifact: digest } };
  await revisions.put(older as unknown as Revision);
  assert.deepEqual((await revisions.open('older')).release, release, 'from before there were images');
  await assert.rejects(revisions.open('7654321.00000000'), (e) => isProblem(e, 'REVISION_MISSING'));
});

const result = (name: string, saw: string): CheckResult => ({
  name,
  kind: 'tcp',
  verdict: 'pass',
  ms: 2,
  attempts: 1,
  flaky: false,
  from: 'green',
  saw,
});

test('evidence is found by its reference, and unknown references find nothing', async () => {
  const { evidence } = await opened();
  const log = { of: 'log', lines: ['a line'] } as const;
  const ref = await evidence.put(target('production'), log);
  assert.notEqual(ref, await evidence.put(target('production'), log));
  assert.deepEqual((await evidence.get(ref))?.evidence, log);
  assert.equal(await evidence.get('evidence-99'), undefined);
  assert.equal(await evidence.get('else'), undefined);
});

test('elsewhere is the newest result in each other environment of the same project and service', async () => {
  const state = await freshState();
  const first = await opened(state);
  const put = (at: Target, saw: string) =>
    first.evidence.put(at, { of: 'checks', results: [result('reach db', saw), result('another', saw)] });
  await put(target('staging'), 'old');
  await put(target('staging'), 'new');
  await put(target('production'), 'here');
  await put(target('testing'), 'testing');
  await put(target('staging', 'other'), 'another service');
  const found = await first.evidence.elsewhere(target('production'), 'reach db');
  assert.deepEqual(found.map((one) => [one.target.environment, one.result.saw]).sort(), [
    ['staging', 'new'],
    ['testing', 'testing'],
  ]);
  await first.close();
  const second = await opened(state);
  assert.equal((await second.evidence.elsewhere(target('testing'), 'another')).length, 2);
});

test('files are 0600 and folders 0700, whatever the umask', async () => {
  const umask = process.umask(0);
  const state = await freshState();
  const stores = await opened(state);
  await stores.vault.put('1234567.12345678', { A: 'b' });
  await stores.evidence.put(target('production'), { of: 'log', lines: [] });
  const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
  for (const path of [state.journal, `${state.journal}-wal`, `${state.journal}-shm`, state.telemetry]) {
    assert.equal(await mode(path), 0o600, path);
  }
  assert.equal(await mode(state.root), 0o700);
  process.umask(umask);
});

test('a state of a newer gonogo is refused and not rewritten', async () => {
  const state = await freshState();
  await (await opened(state)).close();
  const newer = new DatabaseSync(state.journal);
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  const before = await readFile(state.journal);
  await assert.rejects(openStores(state, systemClock), (error) => {
    assert.ok(isProblem(error, 'STATE_NEWER'));
    assert.deepEqual(error.facts, { path: state.journal, found: 99, known: 3 });
    return true;
  });
  assert.deepEqual(await readFile(state.journal), before);
});

test('a journal that is no database is refused by its path', async () => {
  const state = await freshState();
  await (await opened(state)).close();
  await writeFile(state.journal, 'not a database, and longer than the header of one would be');
  await assert.rejects(openStores(state, systemClock), (error) => {
    assert.ok(isProblem(error, 'STATE_UNUSABLE'));
    return error.message.includes(state.journal);
  });
});

test('after closing every call is refused', async () => {
  const stores = await opened();
  await stores.close();
  await stores.close();
  await assert.rejects(stores.journal.read(stream), (e) => isProblem(e, 'STATE_UNUSABLE'));
});

test('appends from many callers at once keep one order without gaps', async () => {
  const { journal, leases } = await opened();
  const { fence } = await leases.claim(stream, 'me', 60_000);
  const tries = await Promise.allSettled(
    Array.from({ length: 20 }, () => journal.append(stream, 0, fence, [ended])),
  );
  assert.equal(tries.filter((one) => one.status === 'fulfilled').length, 1);
  assert.equal((await journal.read(stream)).length, 1);
});
