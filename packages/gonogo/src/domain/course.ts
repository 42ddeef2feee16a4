import type { Ending, Event, Intent } from './event.ts';
import { frontier, type Outcome, type ProvenBy, type Step, stepsOf, type Work, type WorkOf } from './plan.ts';
import type { Rollout } from './state.ts';
import type { Instant } from './units.ts';

/** A rollout at one moment: how far it is, and what of it is under way. */
export type Course = {
  readonly rollout: Rollout;
  readonly pending: ReadonlyMap<string, Intent>;
  readonly at: Instant;
};

/** How often a piece of undo work is tried: it is safe to repeat, and giving up leaves somebody with the pieces. */
const undoTries = 3;

/** Goes on in the direction the rollout has. */
export const carryOn = (course: Course): Event[] =>
  course.rollout.turned ? goBack(course) : beginSteps(course);

/** Begins every step whose turn it is; with none left, the rollout has succeeded. */
function beginSteps({ rollout, pending, at }: Course): Event[] {
  const isDone = ({ id, work }: Step): boolean =>
    rollout.progress.get(id)?.outcome?.is === 'ok' || opensByItself(work, rollout);
  const next = frontier(rollout.plan, isDone).filter((step) => !rollout.progress.has(step.id));
  if (next.length === 0 && pending.size === 0)
    return [{ e: 'ended', at, as: 'succeeded', ...witness(rollout) }];
  return next.map((step) => ({ e: 'intended', at, intent: forward(rollout, step) }));
}

/** What proved it, going by its last watch. */
function witness({ progress }: Rollout): { readonly provenBy?: ProvenBy } {
  const by = [...progress.values()].findLast(({ outcome }) => outcome?.provenBy)?.outcome?.provenBy;
  return by ? { provenBy: by } : {};
}

/** A gate that asks only where traffic has proved nothing. */
const opensByItself = (work: Work, { progress }: Rollout): boolean =>
  work.do === 'ask' &&
  work.unlessProvenBy !== undefined &&
  progress.get(work.unlessProvenBy)?.outcome?.provenBy === 'traffic';

/** The rollout that an intent belongs to, by its key. */
export const rolloutOf = (key: string): string => key.split('/')[0] ?? '';

/** The step of it. */
export const stepOf = (key: string): string => key.split('/')[1] ?? '';

const forward = (rollout: Rollout, step: Step): Intent => ({
  key: `${rollout.spec.id}/${step.id}`,
  rollout: rollout.spec.id,
  step: step.id,
  direction: 'forward',
  work: step.work,
  within: step.within,
  redo: step.redo,
});

/** One step is over: the next begin, or everything goes back once nothing is under way any more. */
export function afterStep(course: Course, intent: Intent, outcome: Outcome): Event[] {
  const { rollout, at } = course;
  const startedAt = rollout.progress.get(intent.step)?.startedAt ?? at;
  const progress = new Map(rollout.progress).set(intent.step, { startedAt, endedAt: at, outcome });
  const now = { ...course, rollout: { ...rollout, progress } };
  if (rollout.turned || outcome.is === 'ok') return carryOn(now);
  return turnBack(now, { why: outcome.why ?? `${intent.step} ended ${outcome.is}`, step: intent.step });
}

/** Everything goes back, gates that nobody has answered yet included. */
export function turnBack(course: Course, turned: { readonly why: string; readonly step?: string }): Event[] {
  const { rollout, pending, at } = course;
  const gates = [...pending.values()].filter(isGate);
  const rest = new Map([...pending].filter(([, intent]) => !isGate(intent)));
  const outcome: Outcome = {
    is: 'unknown',
    why: 'nobody had answered when the rollout went back',
    evidence: [],
  };
  const progress = new Map(rollout.progress);
  for (const { step } of gates) progress.set(step, { startedAt: at, endedAt: at, outcome });
  const goes = { ...rollout, progress, turned: { ...turned, aborted: turned.step === undefined } };
  return [
    { e: 'turned-back', at, ...turned },
    ...gates.map(({ key }): Event => ({ e: 'settled', at, key, outcome })),
    ...goBack({ rollout: goes, pending: rest, at }),
  ];
}

/** Nobody performs a gate: it waits in the journal for an answer, or for its deadline. */
export const isGate = (intent: Intent): intent is Intent & { readonly work: WorkOf<'ask'> } =>
  intent.work.do === 'ask';

/** A piece of undo work is over: the next, the same again, or the honest end. */
export function afterUndo({ rollout, at }: Course, intent: Intent, outcome: Outcome): Event[] {
  const pending = new Map<string, Intent>();
  const failures = rollout.undoFailures + 1;
  if (outcome.is === 'ok')
    return goBack({ rollout: { ...rollout, undone: rollout.undone + 1, undoFailures: 0 }, pending, at });
  // A user's own command is not known to be safe to repeat.
  if (failures < undoTries && intent.work.do !== 'job')
    return goBack({ rollout: { ...rollout, undoFailures: failures }, pending, at });
  return [{ e: 'ended', at, as: 'stuck', ...(outcome.why ? { why: outcome.why } : {}) }];
}

/** Undoes one piece of work after another, newest first; waits while a forward step is still under way. */
function goBack({ rollout, pending, at }: Course): Event[] {
  if (pending.size > 0) return [];
  const next = undoWork(rollout)[rollout.undone];
  if (!next)
    return [
      { e: 'ended', at, as: endingOf(rollout), ...(rollout.turned ? { why: rollout.turned.why } : {}) },
    ];
  const key = `${rollout.spec.id}/undo/${rollout.undone}.${rollout.undoFailures}`;
  const redo = next.work.do === 'job' ? 'never' : 'safe';
  const { id: step, within } = next.step;
  const of = { key, rollout: rollout.spec.id, step, direction: 'undo' } as const;
  return [{ e: 'intended', at, intent: { ...of, work: next.work, within, redo } }];
}

/** What must be undone, in order: a stack, so that a flip goes back before anything it sent users to is removed. */
export const undoWork = (rollout: Rollout): { step: Step; work: Work }[] => {
  const steps = new Map(stepsOf(rollout.plan).map((step) => [step.id, step]));
  return [...rollout.progress].toReversed().flatMap(([id, { outcome }]) => {
    const step = steps.get(id);
    if (!step) return [];
    const remedy = outcome?.is === 'ok' ? [] : (step.remedy ?? []);
    return [...remedy, ...step.undo].map((work) => ({ step, work }));
  });
};

/** How a rollout that went back has ended: before the first flip nobody had noticed. */
function endingOf(rollout: Rollout): Ending {
  if (rollout.turned?.aborted) return 'aborted';
  return hasFlipped(rollout) ? 'rolled-back' : 'rejected';
}

/** True once a flip was begun: from then on users may have met the new revision. */
export const hasFlipped = (rollout: Rollout): boolean =>
  stepsOf(rollout.plan).some((step) => step.work.do === 'flip' && rollout.progress.has(step.id));
