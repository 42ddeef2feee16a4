import type { Ending, Event, Intent, RolloutSpec } from './event.ts';
import { frontier, type Outcome, type Plan, type Step, stepsOf, type Work } from './plan.ts';
import { isRunning, type Rollout, type State } from './state.ts';
import type { Instant } from './units.ts';

/** What reaches an environment from outside. */
export type Input =
  | { readonly i: 'plan'; readonly spec: RolloutSpec; readonly plan: Plan }
  | { readonly i: 'settled'; readonly key: string; readonly outcome: Outcome }
  | { readonly i: 'abort'; readonly by: string }
  /** Time has passed, or a controller has just taken over. */
  | { readonly i: 'tick' };

/** How often a piece of undo work is tried: it is safe to repeat, and giving up leaves somebody with the pieces. */
const undoTries = 3;

/** How long retiring a warm slot may take before it counts as unknown. */
const retireWithin = 10 * 60_000;

/** Chooses what happens next. Is never replayed: its choices are journalled, and `evolve` reads those. */
export function decide(state: State, input: Input, now: Instant): Event[] {
  switch (input.i) {
    case 'plan':
      return plan(state, input, now);
    case 'settled':
      return settle(state, input, now);
    case 'abort':
      return abort(state, input.by, now);
    case 'tick':
      return advance(state, now);
  }
}

/** The next instant at which `tick` may change something, if there is one. */
export const nextDeadline = (state: State): Instant | undefined =>
  isRunning(state) || state.pending.size > 0 ? undefined : state.warm?.until;

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
    ...beginSteps(rollout, new Map(), at),
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
  if (intent.direction === 'undo') return [settled, ...afterUndo(rollout, input.outcome, at)];
  return [settled, ...afterStep({ rollout, pending, intent, outcome: input.outcome, at })];
}

type StepEnd = {
  readonly rollout: Rollout;
  readonly pending: ReadonlyMap<string, Intent>;
  readonly intent: Intent;
  readonly outcome: Outcome;
  readonly at: Instant;
};

/** One step is over: the next begin, or everything goes back once nothing is under way any more. */
function afterStep({ rollout, pending, intent, outcome, at }: StepEnd): Event[] {
  const startedAt = rollout.progress.get(intent.step)?.startedAt ?? at;
  const progress = new Map(rollout.progress).set(intent.step, { startedAt, endedAt: at, outcome });
  const now = { ...rollout, progress };
  if (rollout.turned) return goBack(now, pending, at);
  if (outcome.is === 'ok') return beginSteps(now, pending, at);
  const turned = { why: outcome.why ?? `${intent.step} ended ${outcome.is}`, step: intent.step };
  return [
    { e: 'turned-back', at, ...turned },
    ...goBack({ ...now, turned: { ...turned, aborted: false } }, pending, at),
  ];
}

function afterUndo(rollout: Rollout, outcome: Outcome, at: Instant): Event[] {
  const failures = rollout.undoFailures + 1;
  if (outcome.is === 'ok')
    return goBack({ ...rollout, undone: rollout.undone + 1, undoFailures: 0 }, new Map(), at);
  if (failures < undoTries) return goBack({ ...rollout, undoFailures: failures }, new Map(), at);
  return [{ e: 'ended', at, as: 'stuck', ...(outcome.why ? { why: outcome.why } : {}) }];
}

function abort(state: State, by: string, at: Instant): Event[] {
  const rollout = state.rollout;
  if (!rollout || rollout.ended || rollout.turned) return [];
  const why = `aborted by ${by}`;
  const turned = { ...rollout, turned: { why, aborted: true } };
  return [
    { e: 'answered', at, by, what: 'abort' },
    { e: 'turned-back', at, why },
    ...goBack(turned, state.pending, at),
  ];
}

/** Nothing new was said: carry on where a controller stopped, or retire what has been warm for long enough. */
function advance(state: State, at: Instant): Event[] {
  const rollout = state.rollout;
  if (rollout && !rollout.ended) {
    return rollout.turned ? goBack(rollout, state.pending, at) : beginSteps(rollout, state.pending, at);
  }
  if (state.pending.size > 0 || !state.warm || state.warm.until > at || !rollout) return [];
  const { slot, revision } = state.warm;
  const pool = { target: rollout.spec.target, slot, role: 'web' };
  const key = `${rollout.spec.id}/retire/${state.seq}`;
  const work: Work = { do: 'scale', pool, revision, count: 0 };
  return [
    {
      e: 'intended',
      at,
      intent: { key, step: 'retire', direction: 'forward', work, within: retireWithin, redo: 'safe' },
    },
  ];
}

/** Begins every step whose turn it is; with none left, the rollout has succeeded. */
function beginSteps(rollout: Rollout, pending: ReadonlyMap<string, Intent>, at: Instant): Event[] {
  const isDone = (step: Step): boolean => rollout.progress.get(step.id)?.outcome?.is === 'ok';
  const next = frontier(rollout.plan, isDone).filter((step) => !rollout.progress.has(step.id));
  if (next.length === 0 && pending.size === 0) return [{ e: 'ended', at, as: 'succeeded' }];
  return next.map((step) => ({ e: 'intended', at, intent: forward(rollout, step) }));
}

const forward = (rollout: Rollout, step: Step): Intent => ({
  key: `${rollout.spec.id}/${step.id}`,
  rollout: rollout.spec.id,
  step: step.id,
  direction: 'forward',
  work: step.work,
  within: step.within,
  redo: step.redo,
});

/** Undoes one piece of work after another, newest first; waits while a forward step is still under way. */
function goBack(rollout: Rollout, pending: ReadonlyMap<string, Intent>, at: Instant): Event[] {
  if (pending.size > 0) return [];
  const next = undoWork(rollout)[rollout.undone];
  if (!next)
    return [
      { e: 'ended', at, as: endingOf(rollout), ...(rollout.turned ? { why: rollout.turned.why } : {}) },
    ];
  const key = `${rollout.spec.id}/undo/${rollout.undone}.${rollout.undoFailures}`;
  const intent = {
    key,
    rollout: rollout.spec.id,
    step: next.step.id,
    direction: 'undo',
    work: next.work,
  } as const;
  return [{ e: 'intended', at, intent: { ...intent, within: next.step.within, redo: 'safe' } }];
}

/** What must be undone, in order: a stack, so that a flip goes back before anything it sent users to is removed. */
export const undoWork = (rollout: Rollout): { step: Step; work: Work }[] =>
  [...rollout.progress.keys()]
    .toReversed()
    .flatMap((id) => stepsOf(rollout.plan).filter((step) => step.id === id))
    .flatMap((step) => step.undo.map((work) => ({ step, work })));

/** How a rollout that went back has ended: before the first flip nobody had noticed. */
function endingOf(rollout: Rollout): Ending {
  if (rollout.turned?.aborted) return 'aborted';
  return hasFlipped(rollout) ? 'rolled-back' : 'rejected';
}

/** True once a flip was begun: from then on users may have met the new revision. */
export const hasFlipped = (rollout: Rollout): boolean =>
  stepsOf(rollout.plan).some((step) => step.work.do === 'flip' && rollout.progress.has(step.id));
