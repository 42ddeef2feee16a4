import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decide, type Input } from './decide.ts';
import type { Event, RolloutSpec } from './event.ts';
import { evolve } from './evolve.ts';
import type { Plan, Step, Work } from './plan.ts';
import { emptyState, followsLoad, provenAs, rollbackTarget, type State, wanted } from './state.ts';

const target = { project: 'p', service: 'shop', environment: 'production', host: 'local' };
const settings = {
  strategy: 'blue-green' as const,
  watch: { for: 1, errors: 0, p99: 1, minRequests: 0 },
  keep: 60_000,
  address: '127.0.0.1',
};

const scale = (slot: 'blue' | 'green', revision: string, count: number): Work => ({
  do: 'scale',
  pool: { target, slot, role: 'web' },
  revision,
  count,
});

const step = (id: string, work: Work, undo: Work[] = []): Step => ({
  id,
  name: id,
  work,
  undo,
  within: 1,
  redo: 'safe',
});

const slots = { a: 'blue', b: 'green', c: 'blue' } as const;
type Name = keyof typeof slots;
const placed = (name: Name) => ({ slot: slots[name], revision: name, releaseDigest: `sha256:${name}` });

function planOf(
  name: Name,
  previous?: Name,
  kind: RolloutSpec['kind'] = 'deploy',
): Extract<Input, { i: 'plan' }> {
  const spec: RolloutSpec = {
    id: `to-${name}-${kind}`,
    kind,
    target,
    settings,
    next: placed(name),
    front: { host: '127.0.0.1', port: 8080 },
    by: 'test',
    ...(previous ? { previous: placed(previous), keep: settings.keep } : {}),
  };
  const start = step('provision', scale(slots[name], name, 1), [scale(slots[name], name, 0)]);
  const plan: Plan = { seq: [start, step('again', scale(slots[name], name, 1))] };
  return { i: 'plan', spec, plan };
}

/** Feeds inputs, and answers each piece of work with the outcome that `answer` gives it. */
function run(
  state: State,
  input: Input,
  answer: (key: string) => 'ok' | 'failed' = () => 'ok',
): { state: State; events: Event[] } {
  const all: Event[] = [];
  const inputs = [input];
  let now = state;
  for (let next = inputs.shift(); next; next = inputs.shift()) {
    const events = decide(now, next, 1000);
    all.push(...events);
    now = events.reduce(evolve, now);
    for (const event of events) {
      if (event.e !== 'intended') continue;
      inputs.push({
        i: 'settled',
        key: event.intent.key,
        outcome: { is: answer(event.intent.key), evidence: [] },
      });
    }
  }
  return { state: now, events: all };
}

const afterTwo = (): State => run(run(emptyState, planOf('a')).state, planOf('b', 'a')).state;

describe('an environment', () => {
  test('holds what succeeded as live and proven, and what served before as warm', () => {
    const state = afterTwo();
    assert.equal(state.live?.revision, 'b');
    assert.deepEqual(
      state.proven.map(({ revision }) => revision),
      ['a', 'b'],
    );
    assert.deepEqual([state.warm?.revision, state.warm?.until], ['a', 61_000]);
  });

  test('rolls back to the proven revision before the live one', () => {
    assert.equal(rollbackTarget(afterTwo())?.revision, 'a');
  });

  test('rolls back to another release where the variables stay as they are', () => {
    const changed = { ...afterTwo(), live: { ...placed('b'), revision: 'b in other variables' } };
    assert.equal(rollbackTarget(changed)?.revision, 'b');
    assert.equal(rollbackTarget(changed, 'current')?.revision, 'a');
  });

  test('does not roll back to what a rollback has left', () => {
    const back = run(afterTwo(), planOf('a', 'b', 'rollback')).state;
    assert.equal(back.live?.revision, 'a');
    assert.equal(rollbackTarget(back), undefined);
  });

  test('means by a name what is not live, and of that what no rollback has left', () => {
    const back = run(afterTwo(), planOf('a', 'b', 'rollback')).state;
    const meant = (...names: string[]): string | undefined =>
      provenAs(back, ({ revision }) => names.includes(revision))?.revision;
    assert.equal(meant('a', 'b'), 'b', 'a is live');
    assert.equal(meant('a'), 'a');
    assert.equal(meant('c'), undefined);
    const third = run(back, planOf('c', 'a')).state;
    assert.equal(provenAs(third, () => true)?.revision, 'a', 'b was left by a rollback');
  });

  test('does not prove what failed', () => {
    const failed = run(afterTwo(), planOf('c', 'b'), (key) => (key.endsWith('/again') ? 'failed' : 'ok'));
    assert.equal(failed.state.rollout?.ended?.as, 'rejected');
    assert.deepEqual(
      failed.state.proven.map(({ revision }) => revision),
      ['a', 'b'],
    );
    assert.equal(failed.state.live?.revision, 'b');
  });

  test('undoes the step that failed as well, because it may have half happened', () => {
    const { events } = run(emptyState, planOf('a'), (key) => (key.endsWith('/provision') ? 'failed' : 'ok'));
    const undone = events.flatMap((event) =>
      event.e === 'intended' && event.intent.direction === 'undo' ? [event.intent.work] : [],
    );
    assert.deepEqual(undone, [scale('blue', 'a', 0)]);
  });

  test('tries to undo three times before it is stuck', () => {
    const { state, events } = run(emptyState, planOf('a'), () => 'failed');
    const keys = events.flatMap((event) => (event.e === 'intended' ? [event.intent.key] : []));
    assert.deepEqual(keys, ['to-a-deploy/provision', ...[0, 1, 2].map((n) => `to-a-deploy/undo/0.${n}`)]);
    assert.equal(state.rollout?.ended?.as, 'stuck');
    assert.deepEqual(wanted(state), [], 'nothing more is touched');
  });

  test('follows its load in the slot that serves, from the end of a rollout to the beginning of the next', () => {
    const running = decide(afterTwo(), planOf('c', 'b'), 0).reduce(evolve, afterTwo());
    const failed = run(afterTwo(), planOf('c', 'b'), (key) => (key.endsWith('/again') ? 'failed' : 'ok'));
    const stuck = run(afterTwo(), planOf('c', 'b'), () => 'failed');
    const states = [emptyState, afterTwo(), running, failed.state, stuck.state];
    assert.deepEqual(states.map(followsLoad), [undefined, 'green', undefined, 'green', undefined]);
  });

  test('starts no second rollout while one runs', () => {
    const running = decide(emptyState, planOf('a'), 0).reduce(evolve, emptyState);
    assert.deepEqual(decide(running, planOf('b'), 1), []);
  });

  test('counts an outcome that is reported twice once', () => {
    const { state } = run(emptyState, planOf('a'));
    assert.deepEqual(
      decide(state, { i: 'settled', key: 'to-a-deploy/again', outcome: { is: 'failed', evidence: [] } }, 2),
      [],
    );
  });

  test('retires what was warm at its deadline and not before, and looks after it until then', () => {
    const state = afterTwo();
    assert.deepEqual(decide(state, { i: 'tick' }, 60_999), []);
    const events = decide(state, { i: 'tick' }, 61_000);
    assert.equal(events[0]?.e === 'intended' && events[0].intent.step, 'retire');
    assert.deepEqual(
      wanted(state).map(({ revision }) => revision),
      ['b', 'a'],
    );
    assert.deepEqual(
      wanted(events.reduce(evolve, state)).map(({ revision }) => revision),
      ['b'],
    );
    assert.equal(run(state, { i: 'tick' }).state.warm?.revision, 'a', 'the clock stands at 1000 in `run`');
  });

  test('says which of what it looks after is live and proven', () => {
    const serving = (state: State) => wanted(state).map(({ revision, serves }) => `${revision} ${serves}`);
    assert.deepEqual(serving(afterTwo()), ['b true', 'a false']);
    const unproven = { ...afterTwo(), proven: [] };
    assert.deepEqual(serving(unproven), ['b false', 'a false']);
  });

  test('is brought back by an abort, which is told apart from a failure', () => {
    const running = decide(emptyState, planOf('a'), 0).reduce(evolve, emptyState);
    const aborted = run(running, { i: 'abort', by: 'somebody' });
    assert.equal(aborted.state.rollout?.turned?.why, 'aborted by somebody');
    const settled = run(aborted.state, {
      i: 'settled',
      key: 'to-a-deploy/provision',
      outcome: { is: 'ok', evidence: [] },
    });
    assert.equal(settled.state.rollout?.ended?.as, 'aborted');
  });
});
