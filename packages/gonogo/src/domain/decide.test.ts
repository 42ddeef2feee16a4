import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, type Input, nextDeadline, openGates } from './decide.ts';
import type { Event, RolloutSpec } from './event.ts';
import { evolve } from './evolve.ts';
import type { Outcome, Step, Work } from './plan.ts';
import { emptyState, type State, wanted } from './state.ts';

const target = { project: 'p', service: 'shop', environment: 'production', host: 'local' };
const pool = { target, slot: 'green', role: 'web' } as const;
const front = { host: '127.0.0.1', port: 8080 };
const check: Work = { do: 'check', suite: 'smoke', slot: pool, revision: 'r', front };
const ask = (rest: object = {}): Work => ({ do: 'ask', otherwise: 'abort', ...rest });
const undoJob: Work = { do: 'job', job: 'undo', slot: pool, revision: 'r' };

const step = (id: string, work: Work, rest: Partial<Step> = {}): Step => ({
  ...{ id, name: id, work, undo: [], within: 60_000, redo: 'safe' },
  ...rest,
});

const spec: RolloutSpec = {
  ...{ id: 'r-1', kind: 'deploy', target, front, by: 'ada' },
  next: { slot: 'green', revision: 'r', releaseDigest: 'sha256:r' },
  settings: {
    strategy: 'blue-green',
    watch: { for: 1, errors: 0, p99: 2, minRequests: 1 },
    keep: 1,
    address: '127.0.0.1',
  },
};

/** Feeds inputs one after another, a second apart; answers the state and every event. */
function play(steps: readonly Step[], ...inputs: Input[]): { state: State; events: Event[] } {
  let state = emptyState;
  const events: Event[] = [];
  for (const [i, input] of [{ i: 'plan', spec, plan: { seq: steps } } as const, ...inputs].entries()) {
    const decided = decide(state, input, i * 1_000);
    events.push(...decided);
    state = decided.reduce(evolve, state);
  }
  return { state, events };
}

const settled = (step: string, outcome: Partial<Outcome> = {}): Input => ({
  i: 'settled',
  key: `r-1/${step}`,
  outcome: { is: 'ok', evidence: [], ...outcome },
});

const names = (events: readonly Event[]): string[] => events.map(({ e }) => e);

test('a gate waits until somebody approves, and says who', () => {
  const steps = [step('approve', ask()), step('verify', check)];
  const waiting = play(steps);
  assert.equal(openGates(waiting.state)[0]?.until, 60_000);
  assert.equal(nextDeadline(waiting.state), 60_000);
  const { state, events } = play(steps, { i: 'approve', by: 'grace' });
  assert.deepEqual(names(events).slice(2), ['answered', 'settled', 'intended']);
  assert.equal(state.rollout?.progress.get('approve')?.outcome?.why, 'approved by grace');
});

test('a gate that nobody answers in time answers itself', () => {
  const late = (otherwise: 'go' | 'abort') =>
    decide(play([step('approve', ask({ otherwise }))]).state, { i: 'tick' }, 60_000);
  assert.deepEqual(names(late('go')), ['settled', 'ended']);
  const refused = late('abort');
  assert.deepEqual(names(refused), ['settled', 'turned-back', 'ended']);
  assert.deepEqual(refused.at(-1), {
    ...{ e: 'ended', at: 60_000, as: 'rejected', why: 'nobody answered within 1 min' },
  });
});

test('a tick before the deadline changes nothing, also after another controller took over', () => {
  const { state } = play([step('approve', ask())]);
  assert.deepEqual(decide(state, { i: 'tick' }, 59_999), []);
});

test('a rollout that is aborted leaves its gate', () => {
  const { state, events } = play([step('approve', ask())], { i: 'abort', by: 'grace' });
  assert.equal(state.rollout?.ended?.as, 'aborted');
  assert.equal(state.pending.size, 0);
  assert.deepEqual(names(events).slice(2), ['answered', 'turned-back', 'settled', 'ended']);
});

test('an approval where nothing waits is no event', () => {
  assert.deepEqual(decide(play([step('verify', check)]).state, { i: 'approve', by: 'x' }, 1), []);
});

test('a gate for quiet traffic opens by itself when traffic proved the watch, and asks otherwise', () => {
  const steps = [step('watch', check), step('hold', ask({ unlessProvenBy: 'watch' }))];
  assert.equal(play(steps, settled('watch', { provenBy: 'traffic' })).state.rollout?.ended?.as, 'succeeded');
  const { state } = play(steps, settled('watch', { provenBy: 'checks' }));
  assert.equal(openGates(state).length, 1);
});

test('what proved a release is kept with it', () => {
  const { state } = play([step('watch', check)], settled('watch', { provenBy: 'checks' }));
  assert.equal(state.proven.at(-1)?.by, 'checks');
});

const proof = step('still-works', check, { remedy: [undoJob, check], undo: [] });

test('a remedy runs when its own step did not succeed, before anything else goes back', () => {
  const { events } = play(
    [step('migrate', check), proof],
    settled('migrate'),
    settled('still-works', { is: 'failed', why: 'blue suffers' }),
  );
  const last = events.at(-1);
  assert.deepEqual(last?.e === 'intended' ? [last.intent.work, last.intent.redo] : last, [undoJob, 'never']);
});

test('a remedy does not run when a later step failed', () => {
  const { state } = play(
    [proof, step('verify', check)],
    settled('still-works'),
    settled('verify', { is: 'failed' }),
  );
  assert.equal(state.rollout?.ended?.as, 'rejected');
});

test('a job on the way back is never tried twice: it is not known to be safe to repeat', () => {
  const { state } = play(
    [proof],
    settled('still-works', { is: 'failed' }),
    settled('undo/0.0', { is: 'failed' }),
  );
  assert.equal(state.rollout?.ended?.as, 'stuck');
});

test('pools that the running rollout has in hand are nobody else’s to keep alive', () => {
  const live = { slot: 'blue', revision: 'b', releaseDigest: 'sha256:b', workers: ['mailer'] } as const;
  const scale: Work = { do: 'scale', pool: { ...pool, slot: 'blue' }, revision: 'b', count: 1 };
  const running = play([step('drop-1', scale)]).state;
  const mailer = { slot: 'blue', role: 'mailer', revision: 'b', serves: false };
  assert.deepEqual(wanted({ ...running, live }), [mailer]);
  assert.equal(wanted({ ...emptyState, live, warm: { ...live, slot: 'green', until: 9 } }).length, 3);
});
