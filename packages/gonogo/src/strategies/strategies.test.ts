import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeWork } from '../domain/describe.ts';
import { type Plan, stepsOf } from '../domain/plan.ts';
import { all } from '../domain/split.ts';
import { blueGreen } from './blue-green.ts';
import { canary } from './canary.ts';
import { inPlace } from './in-place.ts';
import { rolling } from './rolling.ts';
import { warmRollback } from './warm-rollback.ts';
import type { Migration, Sized, Worker, World } from './world.ts';

const target = { project: 'p', service: 'shop', environment: 'production', host: 'local' };
const spec = {
  strategy: 'blue-green',
  watch: { for: 30_000, errors: 0.01, p99: 3, minRequests: 50 },
  keep: 600_000,
  address: '127.0.0.1',
} as const;

const sized = (slot: 'blue' | 'green', replicas: number, roles: Worker[] = []): Sized => ({
  ...{ slot, revision: `${slot}-revision`, releaseDigest: `sha256:${slot}`, replicas, startWithin: 60_000 },
  ...(roles.length > 0 ? { roles, workers: roles.map(({ role }) => role) } : {}),
});

const world = (rest: Partial<World> = {}): World => ({
  ...{ target, spec, front: { host: '127.0.0.1', port: 8080 }, split: all('blue') },
  ...{ live: sized('blue', 2), next: sized('green', 2) },
  ...rest,
});

const mailer: Worker = { role: 'mailer', replicas: 1, overlap: false };
const indexer: Worker = { role: 'indexer', replicas: 3, overlap: true };

/** A plan as people read it: `id: work`, and what puts it back. */
const told = (plan: Plan): string[] =>
  stepsOf(plan).map(({ id, work, undo }) => {
    const back = undo.length > 0 ? ` ↩ ${undo.map(describeWork).join(', ')}` : '';
    return `${id}: ${describeWork(work)}${back}`;
  });

const ids = (plan: Plan): string[] => stepsOf(plan).map(({ id }) => id);

test('a rolling rollout never has fewer instances than before, and goes back the same way', () => {
  assert.deepEqual(told(rolling(world())).slice(1), [
    'add-1: run 1 in green ↩ stop green',
    'reach: check from inside green what the contract must reach',
    'ready-1: wait until green is ready',
    "verify: ask the service's own checks in green",
    'admit-1: send traffic to all instances, which goes to blue ↩ send traffic to blue, which goes to all instances',
    'drop-1: run 1 in blue ↩ run 2 in blue, wait until blue is ready, send traffic to the instances that are ready now',
    'add-2: run 2 in green ↩ run 1 in green',
    'ready-2: wait until green is ready',
    'admit-2: send traffic to the instances that are ready now',
    'flip: send traffic to green, which goes to all instances ↩ send traffic to all instances, which goes to green',
    'drop-0: stop blue ↩ run 1 in blue, wait until blue is ready',
    'watch: watch green for 30 s',
  ]);
});

describe('rolling keeps the last old instance until everybody is with the new ones', () => {
  for (const [before, after] of [
    [1, 3],
    [3, 1],
    [1, 1],
    [4, 2],
  ] as const) {
    test(`from ${before} to ${after}`, () => {
      const steps = ids(rolling(world({ live: sized('blue', before), next: sized('green', after) })));
      assert.ok(steps.indexOf('flip') < steps.indexOf('drop-0'), steps.join(' '));
      assert.equal(steps.filter((id) => id.startsWith('add-')).length, after);
      assert.equal(steps.filter((id) => id.startsWith('drop-')).length, before);
    });
  }
});

test('a canary sends a few users first, watches each share, and goes back in one flip from any of them', () => {
  const steps = { weights: [10, 50], each: 5_000 };
  const plan = told(canary(world({ spec: { ...spec, strategy: 'canary', canary: steps } })));
  assert.deepEqual(plan.slice(plan.findIndex((line) => line.startsWith('flip-10'))), [
    'flip-10: send traffic to blue 90 : green 10, which goes to blue ↩ send traffic to blue, which goes to blue 90 : green 10',
    'watch-10: watch green for 5 s',
    'flip-50: send traffic to blue 50 : green 50, which goes to blue 90 : green 10 ↩ send traffic to blue, which goes to blue 50 : green 50',
    'watch-50: watch green for 5 s',
    'flip: send traffic to green, which goes to blue 50 : green 50 ↩ send traffic to blue, which goes to green',
    'watch: watch green for 30 s',
  ]);
});

test('the workers of a canary are watched only once they have started', () => {
  const [live, next] = [sized('blue', 1, [mailer]), sized('green', 1, [mailer])];
  const watched = stepsOf(canary(world({ live, next, spec: { ...spec, strategy: 'canary' } }))).flatMap(
    ({ id, work }) => (work.do === 'watch' && work.workers ? [id] : []),
  );
  assert.deepEqual(watched, ['watch']);
});

test('the first deploy of a canary or a rolling has nobody to share with, and flips once', () => {
  const { live: _, ...first } = world({ split: 'nobody' });
  for (const strategy of [canary, rolling]) assert.deepEqual(ids(strategy(first)), ids(blueGreen(first)));
});

const migration: Migration = { when: 'before-start', undo: true, repeatable: false, within: 1_000 };

test('what serves is proven to work on the migrated database before anything new starts', () => {
  const plan = blueGreen(world({ next: { ...sized('green', 2), migrate: migration } }));
  assert.deepEqual(ids(plan).slice(0, 4), ['preflight', 'migrate', 'still-works', 'provision']);
  const [, run, proof] = stepsOf(plan);
  assert.equal(run?.redo, 'never', 'a migration whose end nobody knows is not run again');
  assert.deepEqual(
    run?.undo.map(describeWork),
    [
      'check that blue still works on the migrated database',
      'send traffic to the instances that are ready now',
    ],
    'a migration that was aborted is not followed by its proof, so that the way back asks for it',
  );
  assert.deepEqual(proof?.remedy?.map(describeWork), [
    'take the migration back',
    'check that blue still works on the migrated database',
    'send traffic to the instances that are ready now',
  ]);
});

test('a migration after-ready runs when the new instances are ready, and before users meet them', () => {
  const late = { ...migration, when: 'after-ready' } as const;
  const plan = blueGreen(world({ next: { ...sized('green', 2), migrate: late } }));
  assert.deepEqual(ids(plan).slice(2, 7), ['reach', 'ready', 'migrate', 'still-works', 'verify']);
});

test('a migration without a way back only ends the rollout, and one of a first deploy has nothing to prove', () => {
  const next = { ...sized('green', 2), migrate: { ...migration, undo: false } };
  const proof = stepsOf(blueGreen(world({ next }))).find(({ id }) => id === 'still-works');
  assert.deepEqual(proof?.remedy, []);
  const { live: _, ...first } = world({ next, split: 'nobody' });
  assert.ok(!ids(blueGreen(first)).includes('still-works'));
});

test('workers are handed over after the flip: one that may not overlap is stopped first, any other last', () => {
  const plan = blueGreen(
    world({ live: sized('blue', 2, [mailer, indexer]), next: sized('green', 2, [mailer, indexer]) }),
  );
  assert.deepEqual(told(plan).slice(ids(plan).indexOf('flip') + 1), [
    'stop-mailer: stop the mailer in blue ↩ run 1 mailer in blue',
    'start-mailer: run 1 mailer in green ↩ stop the mailer in green',
    'ready-mailer: wait until the mailer in green is ready',
    'start-indexer: run 3 indexer in green ↩ stop the indexer in green',
    'ready-indexer: wait until the indexer in green is ready',
    'stop-indexer: stop the indexer in blue ↩ run 3 indexer in blue',
    'watch: watch green for 30 s',
  ]);
});

test('a rollback to a warm slot brings its workers back', () => {
  const plan = warmRollback(world({ live: sized('blue', 2, [mailer]), next: sized('green', 2, [mailer]) }));
  assert.deepEqual(ids(plan), ['flip', 'stop-mailer', 'start-mailer', 'ready-mailer']);
});

test('in place everything old is stopped, workers first, and started again on the way back', () => {
  const plan = inPlace(world({ live: sized('blue', 2, [mailer]), next: sized('green', 2, [mailer]) }));
  assert.deepEqual(ids(plan), [
    ...['preflight', 'close', 'stop-mailer', 'stop', 'provision', 'reach', 'ready', 'verify', 'flip'],
    ...['start-mailer', 'ready-mailer', 'watch'],
  ]);
});

test('approval comes when everything that needs no users is proven, and before any user is moved', () => {
  const approve = { within: 3_600_000, otherwise: 'abort' } as const;
  for (const [strategy, before] of [
    [blueGreen, 'flip'],
    [canary, 'flip-5'],
    [rolling, 'admit-1'],
    [inPlace, 'close'],
  ] as const) {
    const steps = ids(strategy(world({ spec: { ...spec, approve } })));
    assert.equal(steps[steps.indexOf('approve') + 1], before);
  }
});

test('an environment that wants to hold asks after a watch that traffic did not prove', () => {
  const steps = stepsOf(blueGreen(world({ spec: { ...spec, quiet: 'hold' } })));
  assert.deepEqual(steps.at(-1)?.work, { do: 'ask', otherwise: 'abort', unlessProvenBy: 'watch' });
});

test('in place, what is started again after a late migration proves that it works on the migrated database', () => {
  const late = { ...migration, when: 'after-ready' } as const;
  const plan = inPlace(world({ next: { ...sized('green', 2), migrate: late } }));
  const stop = stepsOf(plan).find(({ id }) => id === 'stop');
  assert.equal(stop?.undo.map(describeWork).at(-1), 'check that blue still works on the migrated database');
});

test('a rollback to what was live all the time never stops its workers', () => {
  const { live: _, ...rest } = world({ next: sized('green', 2, [mailer]), split: all('blue') });
  const starts = stepsOf(warmRollback(rest)).filter(({ work }) => work.do === 'scale');
  assert.deepEqual(
    starts.map(({ id, undo }) => [id, undo]),
    [['start-mailer', []]],
  );
});

test('only the last watch looks after workers: before it they do not run', () => {
  const plan = canary(world({ next: sized('green', 2, [mailer]) }));
  const watches = stepsOf(plan).flatMap(({ work }) =>
    work.do === 'watch' ? [work.workers?.length ?? 0] : [],
  );
  assert.deepEqual(watches, [0, 0, 0, 1]);
});

test('users move only to the whole of what is new, and back to any part of what is proven and up', () => {
  const takers = (plan: Plan): string[] =>
    stepsOf(plan).flatMap(({ work }) =>
      work.do === 'flip'
        ? work.moves
            .flatMap(({ pools }) => pools)
            .map(({ pool, whole }) => `${whole ? 'whole ' : ''}${pool.slot}`)
        : [],
    );
  assert.deepEqual(takers(blueGreen(world())), ['whole green']);
  assert.deepEqual(takers(canary(world())).slice(-3), ['whole green', 'blue', 'whole green']);
  assert.deepEqual(takers(warmRollback(world())), ['green']);
});

test('new rules of the front come with the new release, and with the old one the old ones come back', () => {
  const rules = (hosts: string[]) => ({ hosts });
  const changed = world({
    spec: { ...spec, proxy: rules(['new.example']) },
    liveProxy: rules(['old.example']),
  });
  for (const strategy of [blueGreen, canary, rolling, inPlace])
    for (const { id, work, undo } of stepsOf(strategy(changed)))
      for (const one of [work, ...undo])
        if (one.do === 'flip')
          for (const { shift, proxy } of one.moves) {
            const hasNew = shift.to === 'by-instances' || (shift.to !== 'nobody' && 'green' in shift.to);
            assert.deepEqual(
              proxy,
              rules([hasNew ? 'new.example' : 'old.example']),
              `${strategy.name} ${id}`,
            );
          }
});

test('a first release that goes back leaves its rules: without them its front would be everybody’s', () => {
  const { live: _, ...first } = world({
    split: 'nobody',
    spec: { ...spec, proxy: { hosts: ['a.example'] } },
  });
  const flips = stepsOf(blueGreen(first)).flatMap(({ undo }) => undo.filter((work) => work.do === 'flip'));
  assert.deepEqual(
    flips.flatMap(({ moves }) => moves.map(({ proxy }) => proxy?.hosts)),
    [['a.example']],
  );
});

test('users wait while nobody serves, unless their front has them refused', () => {
  const closes = (liveProxy: World['liveProxy']) =>
    stepsOf(inPlace(world(liveProxy ? { liveProxy } : {})))
      .flatMap(({ work }) => (work.do === 'flip' ? work.moves : []))
      .map(({ holds = false }) => holds);
  assert.deepEqual(closes(undefined), [true, false]);
  assert.deepEqual(closes({ hold: { within: 1000 } }), [true, false]);
  assert.deepEqual(closes({ hold: { within: 0 } }), [false, false]);
});
