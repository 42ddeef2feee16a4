import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CheckResult } from '../../domain/check.ts';
import type { Ending, Event } from '../../domain/event.ts';
import { streamOf, type Target } from '../../domain/target.ts';
import { type StateFolder, stateFolder } from '../../system/state.ts';
import { openDatabase } from './database.ts';
import { openStores, type Stores } from './index.ts';
import { forgetChecks, forgetEvidence } from './retention.ts';
import { journalSchema, telemetrySchema } from './schema.ts';

const day = 24 * 3_600_000;
const now = 1_000 * day;
const target: Target = { project: 'p', service: 'shop', environment: 'production', host: 'h' };
const stream = streamOf(target);

const planned = (id: string, at: number): Event => ({
  e: 'planned',
  v: 1,
  at,
  plan: { seq: [] },
  spec: {
    id,
    kind: 'deploy',
    target,
    settings: {
      strategy: 'in-place',
      watch: { for: 1, errors: 0, p99: 1, minRequests: 0 },
      keep: 0,
      address: '',
    },
    next: { slot: 'blue', revision: 'r1', releaseDigest: 'sha256:1' },
    front: { host: '127.0.0.1', port: 1 },
    by: 'test',
  },
});

type Past = { readonly as: Ending; readonly age: number };

/** Stores in which each of these rollouts, oldest first, has left one piece of evidence, and the references to it. */
async function withPast(
  t: TestContext,
  past: readonly Past[],
): Promise<{ state: StateFolder; refs: string[] }> {
  const root = await mkdtemp(join(tmpdir(), 'gonogo-retention-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const state = stateFolder(root);
  const stores = await open(state);
  const { fence } = await stores.leases.claim(stream, 'me', 60_000);
  const refs: string[] = [];
  let seq = 0;
  for (const [n, { as, age }] of past.entries()) {
    const ref = await stores.evidence.put(target, { of: 'log', lines: [`${n}`] });
    refs.push(ref);
    const at = now - age;
    seq = await stores.journal.append(stream, seq, fence, [
      planned(`rollout-${n}`, at),
      { e: 'settled', at, key: 'ready', outcome: { is: 'ok', evidence: [ref] } },
      { e: 'ended', at, as },
    ]);
  }
  await stores.close();
  return { state, refs };
}

const open = (state: StateFolder): Promise<Stores> =>
  openStores(state, { wall: () => now, mono: () => 0, sleep: async () => undefined });

/** What is left once retention has done its work. */
async function leftIn(state: StateFolder, refs: readonly string[]): Promise<number[]> {
  const journal = openDatabase(state.journal, { schema: journalSchema, synchronous: 'FULL' });
  forgetEvidence(journal, now);
  journal.close();
  const stores = await open(state);
  const found = await Promise.all(refs.map((ref) => stores.evidence.get(ref)));
  await stores.close();
  return found.flatMap((record, n) => (record ? [n] : []));
}

test('evidence of a rollout that failed is forgotten after 90 days', async (t) => {
  const { state, refs } = await withPast(t, [
    { as: 'rejected', age: 91 * day },
    { as: 'rolled-back', age: 91 * day },
    { as: 'rejected', age: 89 * day },
  ]);
  assert.deepEqual(await leftIn(state, refs), [2]);
});

test('evidence of what succeeded is never forgotten, and neither is any event', async (t) => {
  const { state, refs } = await withPast(t, [
    { as: 'succeeded', age: 900 * day },
    { as: 'aborted', age: 800 * day },
    { as: 'succeeded', age: 700 * day },
  ]);
  assert.deepEqual(await leftIn(state, refs), [0, 2]);
  const stores = await open(state);
  assert.equal((await stores.journal.read(stream)).length, 9);
  await stores.close();
});

test('of more than 200 rollouts that failed the newest keep their evidence', async (t) => {
  const failed = Array.from({ length: 203 }, (): Past => ({ as: 'rejected', age: day }));
  const { state, refs } = await withPast(t, [{ as: 'succeeded', age: 2 * day }, ...failed]);
  const left = await leftIn(state, refs);
  assert.deepEqual(left.slice(0, 2), [0, 4]);
  assert.equal(left.length, 201);
});

test('evidence of a rollout that runs is left alone', async (t) => {
  const { state, refs } = await withPast(t, [{ as: 'rejected', age: 1 }]);
  const stores = await open(state);
  const { fence } = await stores.leases.claim(stream, 'me', 60_000);
  const ref = await stores.evidence.put(target, { of: 'log', lines: [] });
  const outcome = { is: 'failed', evidence: [ref] } as const;
  const old = now - 400 * day;
  await stores.journal.append(stream, 3, fence, [
    planned('running', old),
    { e: 'settled', at: old, key: 'ready', outcome },
  ]);
  await stores.close();
  assert.deepEqual(await leftIn(state, [...refs, ref]), [0, 1]);
});

test('the newest result of a check is forgotten when nobody has asked for 90 days', async (t) => {
  const { state } = await withPast(t, []);
  const elsewhere = { ...target, environment: 'staging' };
  const result = { name: 'reach db', kind: 'tcp', verdict: 'pass' } as CheckResult;
  const stores = await open(state);
  await stores.evidence.put(elsewhere, { of: 'checks', results: [result] });
  await stores.close();
  const telemetry = openDatabase(state.telemetry, { schema: telemetrySchema, synchronous: 'NORMAL' });
  assert.equal(forgetChecks(telemetry, now + 89 * day), 0);
  assert.equal(forgetChecks(telemetry, now + 91 * day), 1);
  telemetry.close();
});
