import type { Event } from './event.ts';
import type { Outcome, Work } from './plan.ts';
import type { Proven, Rollout, State } from './state.ts';
import type { Instant } from './units.ts';

type EventOf<E extends Event['e']> = Extract<Event, { e: E }>;

/** Records one event: decides nothing, forgets nothing, and is the only way in which a state comes to be. */
export function evolve(state: State, event: Event): State {
  const next = { ...state, seq: state.seq + 1 };
  switch (event.e) {
    case 'planned':
      return planned(next, event);
    case 'intended':
      return intended(next, event);
    case 'settled':
      return settled(next, event);
    case 'answered':
    case 'resumed':
      return next;
    case 'turned-back':
      return turnedBack(next, event);
    case 'ended':
      return ended(next, event);
  }
}

const planned = (state: State, event: EventOf<'planned'>): State => ({
  ...state,
  front: event.spec.front,
  rollout: {
    spec: event.spec,
    plan: event.plan,
    startedAt: event.at,
    progress: new Map(),
    undone: 0,
    undoFailures: 0,
  },
});

function intended(state: State, { at, intent }: EventOf<'intended'>): State {
  const pending = new Map(state.pending).set(intent.key, intent);
  if (!state.rollout || !intent.rollout || intent.direction === 'undo') return { ...state, pending };
  const progress = new Map(state.rollout.progress).set(intent.step, { startedAt: at });
  return { ...state, pending, rollout: { ...state.rollout, progress } };
}

function settled(state: State, { at, key, outcome }: EventOf<'settled'>): State {
  const intent = state.pending.get(key);
  if (!intent) return state; // Settled before; a second report changes nothing.
  const pending = new Map(state.pending);
  pending.delete(key);
  const after = forgetWarm({ ...state, pending }, intent.work, { at, outcome });
  if (!state.rollout || !intent.rollout) return after;
  return {
    ...after,
    rollout: recordOutcome(state.rollout, intent.direction, { step: intent.step, at, outcome }),
  };
}

type Settlement = { readonly step: string; readonly at: Instant; readonly outcome: Outcome };

function recordOutcome(
  rollout: Rollout,
  direction: 'forward' | 'undo',
  { step, at, outcome }: Settlement,
): Rollout {
  if (direction === 'undo') {
    if (outcome.is !== 'ok') return { ...rollout, undoFailures: rollout.undoFailures + 1 };
    return { ...rollout, undone: rollout.undone + 1, undoFailures: 0 };
  }
  const startedAt = rollout.progress.get(step)?.startedAt ?? at;
  return { ...rollout, progress: new Map(rollout.progress).set(step, { startedAt, endedAt: at, outcome }) };
}

/** A warm slot that was scaled to nothing is warm no longer; one that could not be is tried again in a minute. */
function forgetWarm(state: State, work: Work, { at, outcome }: Omit<Settlement, 'step'>): State {
  const { warm, ...rest } = state;
  if (!warm || work.do !== 'scale' || work.count > 0) return state;
  if (work.pool.slot !== warm.slot || work.pool.role !== 'web') return state;
  return outcome.is === 'ok' ? rest : { ...state, warm: { ...warm, until: at + 60_000 } };
}

function turnedBack(state: State, event: EventOf<'turned-back'>): State {
  if (!state.rollout) return state;
  const turned = {
    why: event.why,
    aborted: event.step === undefined,
    ...(event.step === undefined ? {} : { step: event.step }),
  };
  return { ...state, rollout: { ...state.rollout, turned } };
}

function ended(state: State, event: EventOf<'ended'>): State {
  if (!state.rollout) return state;
  const { e: _, ...end } = event;
  const over = { ...state, rollout: { ...state.rollout, ended: end } };
  return event.as === 'succeeded' ? succeeded(over, state.rollout, event) : over;
}

/** Nobody goes back further than this; and a list that grew for ever would be copied with every success. */
const mostProven = 1000;

/** What goes live is proven, and what served before stays warm where the strategy left it standing. */
function succeeded(state: State, { spec }: Rollout, { at, provenBy: by }: EventOf<'ended'>): State {
  const proven = [
    ...state.proven.map((earlier) => withdraw(earlier, spec)),
    { ...spec.next, at, withdrawn: false, ...(by ? { by } : {}) },
  ].slice(-mostProven);
  const { warm: _replaced, ...rest } = state;
  const next = { ...rest, live: spec.next, settings: spec.settings, proven };
  if (!spec.previous || spec.keep === undefined) return next;
  return { ...next, warm: { ...spec.previous, until: at + spec.keep } };
}

/** A rollback withdraws what it leaves, so that the next rollback does not return to it. */
const withdraw = (proven: Proven, spec: Rollout['spec']): Proven =>
  spec.kind === 'rollback' && proven.revision === spec.previous?.revision
    ? { ...proven, withdrawn: true }
    : proven;
