import { afterStep, afterUndo, type Course, carryOn, isGate, turnBack } from './course.ts';
import type { Event, Intent, RolloutSpec } from './event.ts';
import type { Outcome, Plan, Work } from './plan.ts';
import { isRunning, type Rollout, type State } from './state.ts';
import type { Instant } from './units.ts';

/** What reaches an environment from outside. */
export type Input =
  | { readonly i: 'plan'; readonly spec: RolloutSpec; readonly plan: Plan }
  | { readonly i: 'settled'; readonly key: string; readonly outcome: Outcome }
  | { readonly i: 'approve'; readonly by: string }
  | { readonly i: 'abort'; readonly by: string }
  /** Time has passed, or a controller has just taken over. */
  | { readonly i: 'tick' };

/** How long retiring a warm slot may take before it counts as unknown. */
export const retireWithin = 10 * 60_000;

/** Chooses what happens next. Is never replayed: its choices are journalled, and `evolve` reads those. */
export function decide(state: State, input: Input, now: Instant): Event[] {
  switch (input.i) {
    case 'plan':
      return plan(state, input, now);
    case 'settled':
      return settle(state, input, now);
    case 'approve':
      return approve(state, input.by, now);
    case 'abort':
      return abort(state, input.by, now);
    case 'tick':
      return advance(state, now);
  }
}

/** The next instant at which `tick` may change something, if there is one. */
export function nextDeadline(state: State): Instant | undefined {
  const gates = openGates(state).map(({ until }) => until);
  if (gates.length > 0) return Math.min(...gates);
  return isRunning(state) || state.pending.size > 0 ? undefined : state.warm?.until;
}

export type OpenGate = {
  readonly intent: Intent & { readonly work: Extract<Work, { do: 'ask' }> };
  readonly until: Instant;
};

/** The gates that wait for an answer, and until when. */
export const openGates = ({ pending, rollout }: State): OpenGate[] =>
  [...pending.values()].filter(isGate).map((intent) => ({
    intent,
    until: (rollout?.progress.get(intent.step)?.startedAt ?? 0) + intent.within,
  }));

function plan(state: State, input: Extract<Input, { i: 'plan' }>, at: Instant): Event[] {
  if (isRunning(state) || state.pending.size > 0) return [];
  const rollout: Rollout = {
    spec: input.spec,
    plan: input.plan,
    startedAt: at,
    progress: new Map(),
    undone: 0,
    undoFailures: 0,
  };
  return [
    { e: 'planned', v: 1, at, spec: input.spec, plan: input.plan },
    ...carryOn({ rollout, pending: new Map(), at }),
  ];
}

function settle(state: State, input: Extract<Input, { i: 'settled' }>, at: Instant): Event[] {
  const intent = state.pending.get(input.key);
  if (!intent) return [];
  const settled: Event = { e: 'settled', at, key: input.key, outcome: input.outcome };
  const rollout = state.rollout;
  if (!rollout || !intent.rollout) return [settled];
  const pending = new Map(state.pending);
  pending.delete(input.key);
  const course = { rollout, pending, at };
  return [settled, ...(intent.direction === 'undo' ? afterUndo : afterStep)(course, intent, input.outcome)];
}

/** Opens every gate that waits. */
function approve(state: State, by: string, at: Instant): Event[] {
  const [gate] = openGates(state);
  if (!gate) return [];
  const outcome: Outcome = { is: 'ok', why: `approved by ${by}`, evidence: [] };
  return [
    { e: 'answered', at, by, what: 'approve' },
    ...settle(state, { i: 'settled', key: gate.intent.key, outcome }, at),
  ];
}

function abort(state: State, by: string, at: Instant): Event[] {
  const course = courseOf(state, at);
  if (!course || course.rollout.turned) return [];
  return [{ e: 'answered', at, by, what: 'abort' }, ...turnBack(course, { why: `aborted by ${by}` })];
}

/** The running rollout; undefined while none runs. */
const courseOf = ({ rollout, pending }: State, at: Instant): Course | undefined =>
  rollout && !rollout.ended ? { rollout, pending, at } : undefined;

/** Nothing new was said: answer gates that waited too long, carry on where a controller stopped, or retire what was warm. */
function advance(state: State, at: Instant): Event[] {
  const late = openGates(state).find(({ until }) => until <= at);
  if (late) return settle(state, { i: 'settled', key: late.intent.key, outcome: unanswered(late) }, at);
  const course = courseOf(state, at);
  return course ? carryOn(course) : retire(state, at);
}

function unanswered({ intent: { work, within } }: OpenGate): Outcome {
  const why = `nobody answered within ${inWords(within)}`;
  return work.otherwise === 'go' ? { is: 'ok', why, evidence: [] } : { is: 'failed', why, evidence: [] };
}

/** Whole hours, minutes or seconds. */
function inWords(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${Math.round(ms / 1000)} s`;
}

function retire({ warm, pending, rollout, seq }: State, at: Instant): Event[] {
  if (pending.size > 0 || !warm || warm.until > at || !rollout) return [];
  const { slot, revision } = warm;
  const pool = { target: rollout.spec.target, slot, role: 'web' };
  const key = `${rollout.spec.id}/retire/${seq}`;
  const work: Work = { do: 'scale', pool, revision, count: 0 };
  return [
    {
      e: 'intended',
      at,
      intent: { key, step: 'retire', direction: 'forward', work, within: retireWithin, redo: 'safe' },
    },
  ];
}
