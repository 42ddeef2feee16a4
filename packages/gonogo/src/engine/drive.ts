import { isGate } from '../domain/course.ts';
import { decide, type Input, nextDeadline } from '../domain/decide.ts';
import type { Event, Intent } from '../domain/event.ts';
import { evolve } from '../domain/evolve.ts';
import { emptyState, isRunning, type State } from '../domain/state.ts';
import type { Instant } from '../domain/units.ts';

/** What the loop asks of whoever runs it; every answer but to `next` is nothing. */
export type Ask =
  /** The next input, or a tick at `until`, whichever comes first. */
  | { readonly ask: 'next'; readonly until: Instant | undefined; readonly state: State }
  /** Make these events durable; only then may anything else happen. */
  | { readonly ask: 'append'; readonly after: number; readonly events: readonly Event[] }
  /** Carry out an intent that is journalled. After a crash the world is looked at first. */
  | { readonly ask: 'begin'; readonly intent: Intent; readonly first: 'look' | 'perform' }
  /** The rollout goes back: give up what is still under way, and settle it. */
  | { readonly ask: 'cancel'; readonly key: string };

/**
 * The loop of one environment, for ever. Appending is something it asks for, so that acting before journalling cannot
 * be written, and a simulator can run it without a promise. `history` is what happened since `from`; default: all.
 */
export function* drive(
  history: readonly Event[],
  now: () => Instant,
  from: State = emptyState,
): Generator<Ask, never, Input | undefined> {
  let state = history.reduce(evolve, from);
  // Also for what an ended rollout left to do: appending is what tells whether another controller was faster.
  if (isRunning(state) || state.pending.size > 0) {
    const events = [resumed(state, now())];
    yield { ask: 'append', after: state.seq, events };
    state = events.reduce(evolve, state);
  }
  for (const intent of begun(state)) yield { ask: 'begin', intent, first: 'look' };
  if (isRunning(state) && state.rollout?.turned) yield* giveUp(state);
  let input: Input = { i: 'tick' };
  for (;;) {
    const events = decide(state, input, now());
    if (events.length > 0) {
      yield { ask: 'append', after: state.seq, events };
      state = events.reduce(evolve, state);
      yield* act(state, events);
    }
    input = (yield { ask: 'next', until: nextDeadline(state), state }) ?? { i: 'tick' };
  }
}

function* act(state: State, events: readonly Event[]): Generator<Ask, void, Input | undefined> {
  for (const event of events) {
    if (event.e === 'intended' && !isGate(event.intent))
      yield { ask: 'begin', intent: event.intent, first: 'perform' };
    if (event.e === 'turned-back') yield* giveUp(state);
  }
}

/** What is still under way is given up: a rollout that goes back, also one that an earlier controller turned, does no more. */
function* giveUp(state: State): Generator<Ask, void, Input | undefined> {
  for (const intent of begun(state)) {
    if (intent.direction === 'forward') yield { ask: 'cancel', key: intent.key };
  }
}

/** What somebody carries out; a gate only waits. */
const begun = (state: State): Intent[] => [...state.pending.values()].filter((intent) => !isGate(intent));

/** That another controller goes on: with what it found under way, at which gates it waits, in which direction and why. */
function resumed(state: State, at: Instant): Event {
  const turned = state.rollout?.turned;
  const waits = [...state.pending.values()].filter(isGate).map(({ step }) => step);
  return {
    e: 'resumed',
    at,
    found: begun(state).map(({ step }) => step),
    ...(waits.length > 0 ? { waits } : {}),
    ...(turned ? { goes: 'back', why: turned.why } : { goes: 'on' }),
  };
}
