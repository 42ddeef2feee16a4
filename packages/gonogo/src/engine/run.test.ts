import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Input } from '../domain/decide.ts';
import type { Event, RolloutSpec } from '../domain/event.ts';
import type { Plan, Step, Work } from '../domain/plan.ts';
import { freeze, snapshotVersion } from '../domain/snapshot.ts';
import { isRunning } from '../domain/state.ts';
import { isProblem, problem } from '../errors.ts';
import type { Snapshot } from '../ports/journal.ts';
import { ok, type Performer, type Performers } from '../ports/performer.ts';
import { openStores, type Stores } from '../stores/sqlite/index.ts';
import { systemClock } from '../system/clock.ts';
import { stateFolder } from '../system/state.ts';
import { type Engine, runEngine } from './run.ts';

const target = { project: 'p', service: 'shop', environment: 'production', host: 'local' };
const stream = 'p/production/local';

const scale = (count: number): Work => ({
  do: 'scale',
  pool: { target, slot: 'blue', role: 'web' },
  revision: 'r',
  count,
});

const step = (id: string, within = 60_000): Step => ({
  id,
  name: id,
  work: scale(1),
  undo: [scale(0)],
  within,
  redo: 'safe',
});

function rollout(id: string, steps: Step[]): Input {
  const settings = {
    strategy: 'blue-green' as const,
    watch: { for: 1, errors: 0, p99: 1, minRequests: 0 },
    keep: 60_000,
    address: '127.0.0.1',
  };
  const next = { slot: 'blue' as const, revision: id, releaseDigest: `sha256:${id}` };
  const spec: RolloutSpec = {
    id,
    kind: 'deploy',
    target,
    settings,
    next,
    front: { host: '127.0.0.1', port: 1 },
    by: 'test',
  };
  const plan: Plan = { seq: steps };
  return { i: 'plan', spec, plan };
}

/** Performers whose work is what the test gives as `scale`; a plan of this test has no other. */
function performing(scaleWork: Performer<'scale'>): Performers {
  const none = { perform: async () => ok(), look: async () => 'not-begun' as const };
  return { check: none, ready: none, job: none, flip: none, watch: none, scale: scaleWork };
}

async function stores(t: TestContext): Promise<Stores> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-engine-'));
  const opened = await openStores(stateFolder(folder), systemClock);
  t.after(async () => {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  });
  return opened;
}

async function open(
  opened: Stores,
  scaleWork: Performer<'scale'>,
  owner = 'test',
): Promise<{ engine: Engine; ended: Promise<Event> }> {
  const ended = Promise.withResolvers<Event>();
  const engine = await runEngine(stream, {
    journal: opened.journal,
    leases: opened.leases,
    clock: systemClock,
    owner,
    performers: performing(scaleWork),
    onEvents: (events) => {
      const end = events.find((event) => event.e === 'ended');
      if (end) ended.resolve(end);
    },
  });
  return { engine, ended: ended.promise };
}

const works: Performer<'scale'> = { perform: async () => ok(), look: async () => 'not-begun' };

describe('an engine', () => {
  test('carries a plan out step by step, and lets the lease go when it is over', async (t) => {
    const opened = await stores(t);
    const { engine, ended } = await open(opened, works);
    await engine.submit(rollout('one', [step('a'), step('b')]));
    assert.equal((await ended).e, 'ended');
    const kinds = (await opened.journal.read(stream)).map((event) => event.e);
    assert.deepEqual(kinds, ['planned', 'intended', 'settled', 'intended', 'settled', 'ended']);
    while ((await opened.leases.holder(stream)) !== undefined) await sleep(5);
  });

  test('journals an intent before the work begins', async (t) => {
    const opened = await stores(t);
    const seen: string[] = [];
    const perform = async (): Promise<ReturnType<typeof ok>> => {
      seen.push((await opened.journal.read(stream)).at(-1)?.e ?? '');
      return ok();
    };
    const { engine, ended } = await open(opened, { ...works, perform });
    await engine.submit(rollout('one', [step('a')]));
    await ended;
    assert.deepEqual(seen, ['intended']);
  });

  test('makes a thrown problem the sentence of the outcome, and goes back', async (t) => {
    const opened = await stores(t);
    const perform: Performer<'scale'>['perform'] = async ({ count }) => {
      if (count > 0) throw problem('COMMAND_MISSING', { command: 'nodd', cwd: '/srv' });
      return ok();
    };
    const { engine, ended } = await open(opened, { ...works, perform });
    await engine.submit(rollout('one', [step('a')]));
    const end = await ended;
    assert.equal(end.e === 'ended' && end.as, 'rejected');
    assert.match(engine.state().rollout?.turned?.why ?? '', /the command "nodd" does not exist in \/srv/);
  });

  test('gives a step up at its deadline, and tells the work so', async (t) => {
    const opened = await stores(t);
    const perform: Performer<'scale'>['perform'] = async ({ count }, { signal }) => {
      if (count === 0) return ok();
      await sleep(60_000, undefined, { signal });
      return ok();
    };
    const { engine, ended } = await open(opened, { ...works, perform });
    await engine.submit(rollout('one', [step('a', 50)]));
    await ended;
    assert.equal(engine.state().rollout?.ended?.as, 'rejected');
  });

  test('cancels what is under way when it is told to abort', async (t) => {
    const opened = await stores(t);
    const begun = Promise.withResolvers<void>();
    const perform: Performer<'scale'>['perform'] = async ({ count }, { signal }) => {
      if (count === 0) return ok();
      begun.resolve();
      await sleep(60_000, undefined, { signal });
      return ok();
    };
    const { engine, ended } = await open(opened, { ...works, perform });
    await engine.submit(rollout('one', [step('a')]));
    await begun.promise;
    await engine.submit({ i: 'abort', by: 'somebody' });
    const end = await ended;
    assert.equal(end.e === 'ended' && end.as, 'aborted');
  });

  test('looks at the world before it repeats what an earlier one had begun', async (t) => {
    const opened = await stores(t);
    const never: Performer<'scale'> = {
      ...works,
      perform: async (_work, { signal }) => {
        await sleep(60_000, undefined, { signal });
        return ok();
      },
    };
    const first = await open(opened, never);
    await first.engine.submit(rollout('one', [step('a'), step('b')]));
    const calls: string[] = [];
    const { ended } = await open(opened, {
      look: async () => {
        calls.push('look');
        return ok();
      },
      perform: async () => {
        calls.push('perform');
        return ok();
      },
    });
    const end = await ended;
    assert.equal(end.e === 'ended' && end.as, 'succeeded');
    assert.deepEqual(calls, ['look', 'perform'], '`a` was seen to be done, `b` was not begun yet');
  });

  test('does not begin what an abort has given up, when it recovers', async (t) => {
    const opened = await stores(t);
    const hangs: Performer<'scale'> = {
      ...works,
      perform: async () => await new Promise(() => undefined), // Its agent dies before it answers.
    };
    const first = await open(opened, hangs);
    await first.engine.submit(rollout('one', [step('a')]));
    await first.engine.submit({ i: 'abort', by: 'somebody' });
    const counts: number[] = [];
    const perform: Performer<'scale'>['perform'] = async ({ count }) => {
      counts.push(count);
      return ok();
    };
    const { ended } = await open(opened, { ...works, perform });
    const end = await ended;
    assert.equal(end.e === 'ended' && end.as, 'aborted');
    assert.deepEqual(counts, [0], 'only the undo');
  });

  test('writes down when it takes over a rollout that waits at a gate, or one that goes back and why', async (t) => {
    const opened = await stores(t);
    const gate: Step = { ...step('approve'), work: { do: 'ask', otherwise: 'abort' }, undo: [] };
    const first = await open(opened, works);
    await first.engine.submit(rollout('one', [step('a'), gate]));
    while (first.engine.state().pending.size === 0 || !first.engine.state().rollout?.progress.has('approve'))
      await sleep(1);
    const hangs = async (): Promise<never> => await new Promise(() => undefined); // Its agent dies before it answers.
    const second = await open(opened, { ...works, perform: hangs });
    await second.engine.submit({ i: 'abort', by: 'ada' });
    const { ended } = await open(opened, works);
    await ended;
    const events = await opened.journal.read(stream);
    assert.deepEqual(
      events.flatMap((event) => (event.e === 'resumed' ? [{ ...event, at: 0 }] : [])),
      [
        { e: 'resumed', at: 0, found: [], waits: ['approve'], goes: 'on' },
        { e: 'resumed', at: 0, found: ['a'], goes: 'back', why: 'aborted by ada' },
      ],
    );
  });

  test('carries the fence of the lease it was begun under, whatever is claimed later', async (t) => {
    const opened = await stores(t);
    const fences: number[] = [];
    const perform: Performer<'scale'>['perform'] = async (_work, { fence }) => {
      fences.push(fence);
      return ok();
    };
    const { engine, ended } = await open(opened, { ...works, perform });
    await engine.submit(rollout('one', [step('a')]));
    await ended;
    await engine.submit(rollout('two', [step('b')]));
    while (fences.length < 2) await sleep(5);
    assert.deepEqual(fences, [1, 2]);
  });

  test('does nothing more once its lease was taken over', async (t) => {
    const opened = await stores(t);
    const claimed = Promise.withResolvers<void>();
    const perform: Performer<'scale'>['perform'] = async () => {
      await opened.leases.claim(stream, 'test', 1000); // Its own owner may always claim again: a later incarnation.
      claimed.resolve();
      return ok();
    };
    const { engine } = await open(opened, { ...works, perform });
    await engine.submit(rollout('one', [step('a'), step('b')]));
    await claimed.promise;
    await assert.rejects(engine.stopped, (error) => isProblem(error, 'LEASE_LOST'));
    await assert.rejects(engine.submit({ i: 'tick' }), (error) => isProblem(error, 'LEASE_LOST'));
  });

  test('opens from a snapshot and what happened since, once there is a long past', async (t) => {
    const opened = await stores(t);
    await carryOutMany(opened, 40);
    const snapshot = await waitForSnapshot(opened);
    const after = await open(opened, works);
    assert.equal(after.engine.state().proven.length, 40);
    const forgetful = { ...after.engine.state(), seq: snapshot.seq, proven: [] };
    await opened.journal.keepSnapshot(stream, { ...snapshot, state: freeze(forgetful) });
    const { engine } = await open(opened, works);
    const since = (after.engine.state().seq - snapshot.seq) / eventsOfOne;
    assert.equal(
      engine.state().proven.length,
      since,
      'it was folded from the snapshot, not from the first event',
    );
  });

  test('opens from the journal when its snapshot cannot be read or belongs to another moment', async (t) => {
    const opened = await stores(t);
    await carryOutMany(opened, 3);
    const truth = (await open(opened, works)).engine.state();
    for (const state of ['{', 'null', freeze({ ...truth, seq: 2 })]) {
      await opened.journal.keepSnapshot(stream, { seq: truth.seq, version: snapshotVersion, state });
      assert.deepEqual((await open(opened, works)).engine.state(), truth);
    }
  });
});

/** `planned`, `intended`, `settled`, `ended`. */
const eventsOfOne = 4;

/** One rollout of one step after another. */
async function carryOutMany(opened: Stores, count: number): Promise<void> {
  const { engine } = await open(opened, works);
  for (let n = 0; n < count; n++) {
    await engine.submit(rollout(`past-${n}`, [step('a')]));
    while (isRunning(engine.state()) || engine.state().rollout?.spec.id !== `past-${n}`) await sleep(1);
  }
}

/** It is kept in the background. */
async function waitForSnapshot({ journal }: Stores): Promise<Snapshot> {
  for (;;) {
    const found = await journal.snapshot(stream, snapshotVersion);
    if (found) return found;
    await sleep(5);
  }
}
