import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { EnvironmentSpec } from './environment.ts';
import type { Placed, RolloutSpec } from './event.ts';
import type { FrontSettings } from './front.ts';
import type { Outcome, Plan, Step, Work } from './plan.ts';
import { freeze, snapshotVersion, thaw } from './snapshot.ts';
import { emptyState, type State } from './state.ts';

/**
 * Everything that may be absent is there: a new field of a state does not compile until it is in `full`. Plans and work
 * are data that is only carried along.
 */
type Complete<T> = T extends Plan | Work
  ? T
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<K, Complete<V>>
    : T extends readonly (infer I)[]
      ? readonly Complete<I>[]
      : T extends object
        ? { readonly [P in keyof T]-?: Complete<Exclude<T[P], undefined>> }
        : T;

const target = { project: 'p', service: 'shop', environment: 'production', host: 'local' };
const front = { host: '127.0.0.1', port: 8080 };
const proxy: Complete<FrontSettings> = {
  hosts: ['shop.example'],
  path: '/api',
  preview: { host: 'preview.shop.example', port: 1, secret: 'PREVIEW' },
  sticky: { cookie: 'slot', for: 1 },
  assets: true,
  health: '/up',
  upstreamHost: 'shop.internal',
  upgrades: ['tcp'],
  drain: { streams: 1, websockets: 2 },
  hold: { atMost: 10, within: 1_000 },
  tls: { certificate: '/c.pem', key: '/k.pem', redirect: 80 },
  workers: 2,
  trusted: ['10.0.0.0/8'],
  metrics: 9_100,
  log: { file: '/log', query: true },
  limits: {
    ...{ head: 1, body: 2, idleClient: 3, total: 4, connect: 5, answer: 6, idleUpstream: 7 },
    ...{ headBytes: 8, fields: 9, uriBytes: 10, bodyBytes: 11, bufferedBytes: 12, heldBytes: 21 },
    ...{ connections: 13, connectionsPerAddress: 14 },
    ...{ silence: 15, bodyRate: 16, failures: 17, ejection: 18, slowStart: 19 },
  },
};
const workers = ['mailer'];
const blue: Complete<Placed> = { slot: 'blue', revision: 'r1', releaseDigest: 'sha256:1', workers };
const green: Complete<Placed> = { slot: 'green', revision: 'r2', releaseDigest: 'sha256:2', workers };
const settings: Complete<EnvironmentSpec> = {
  strategy: 'blue-green',
  listen: front,
  proxy,
  watch: { for: 1, errors: 0.01, p99: 1.5, minRequests: 50 },
  keep: 60_000,
  from: 'staging',
  address: '127.0.0.1',
  approve: { within: 1_000, otherwise: 'abort' },
  quiet: 'hold',
  canary: { weights: [5, 50], each: 1_000 },
};
const spec: Complete<RolloutSpec> = {
  id: 'one',
  kind: 'deploy',
  target,
  settings,
  next: green,
  previous: blue,
  front,
  keep: 60_000,
  by: 'test',
};
const work: Work = { do: 'scale', pool: { target, slot: 'green', role: 'web' }, revision: 'r2', count: 2 };
const step: Step = {
  id: 'provision',
  name: 'provision',
  work,
  undo: [{ ...work, count: 0 }],
  within: 1,
  redo: 'safe',
};
const outcome: Complete<Outcome> = {
  is: 'failed',
  why: 'it ended',
  hint: 'see why',
  evidence: ['evidence-1'],
  acknowledged: 1,
  provenBy: 'checks',
};

const full: Complete<State> = {
  seq: 7,
  front,
  live: blue,
  settings,
  warm: { ...green, until: 9 },
  proven: [{ ...blue, at: 3, withdrawn: false, by: 'traffic' }],
  rollout: {
    spec,
    plan: { seq: [step, { all: [{ ...step, id: 'second' }] }] },
    startedAt: 4,
    progress: new Map([
      ['second', { startedAt: 6, endedAt: 7, outcome }],
      ['provision', { startedAt: 5, endedAt: 6, outcome: { ...outcome, is: 'ok' } }],
    ]),
    turned: { why: 'it ended', step: 'second', aborted: false },
    undone: 1,
    undoFailures: 2,
    ended: { as: 'stuck', at: 8, why: 'it ended', provenBy: 'checks' },
  },
  pending: new Map([
    [
      'one/provision',
      {
        key: 'one/provision',
        rollout: 'one',
        step: 'provision',
        direction: 'undo',
        work,
        within: 1,
        redo: 'safe',
      },
    ],
  ]),
};

test('a state is the same after it was frozen and thawed, and so is the order in which its steps were begun', () => {
  const thawed = thaw(freeze(full));
  assert.deepEqual(thawed, full);
  assert.deepEqual([...(thawed?.rollout?.progress.keys() ?? [])], ['second', 'provision']);
  assert.deepEqual(thaw(freeze(emptyState)), emptyState);
});

test('the form of a snapshot does not change without its version', () => {
  const golden = new URL('./fixture/snapshot.json', import.meta.url);
  assert.deepEqual(
    { version: snapshotVersion, state: JSON.parse(freeze(full)) },
    JSON.parse(readFileSync(golden, 'utf8')),
    'the state has another shape: raise snapshotVersion, and write version and state into fixture/snapshot.json',
  );
});

test('a text that is not whole thaws into nothing', () => {
  const whole = freeze(full);
  for (let length = 0; length < whole.length; length += 1)
    assert.equal(thaw(whole.slice(0, length)), undefined);
});
