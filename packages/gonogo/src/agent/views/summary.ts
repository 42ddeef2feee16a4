import type { RolloutSummary, StepSummary } from '../../api/contract.ts';
import { undoWork } from '../../domain/course.ts';
import { openGates } from '../../domain/decide.ts';
import type { Event, RolloutSpec } from '../../domain/event.ts';
import { stepsOf } from '../../domain/plan.ts';
import { releaseName } from '../../domain/release.ts';
import type { Rollout, State, StepProgress } from '../../domain/state.ts';
import type { Decision } from '../../domain/verdict.ts';

type Milestone =
  | { readonly e: 'planned'; readonly at: number; readonly spec: Listed }
  | Extract<Event, { e: 'turned-back' | 'ended' }>;

/** A rollout as it is told to people, with how far each step has come. */
export const summaryOf = (rollout: Rollout): RolloutSummary => ({
  ...describe(rollout.spec, rollout.startedAt),
  ...(rollout.ended ? endOf(rollout.ended) : {}),
  ...(rollout.turned ? { why: rollout.turned.why, ...failedStep(rollout.turned.step) } : {}),
  steps: stepsOf(rollout.plan).map((step) => stepSummary(step, rollout)),
});

/** The gate at which a rollout waits, if it waits at one. */
export function waitingOf(state: State): Pick<RolloutSummary, 'waiting'> {
  const [gate] = openGates(state);
  if (!gate) return {};
  const { step, work } = gate.intent;
  return { waiting: { step, until: gate.until, otherwise: work.otherwise } };
}

/** What is told of a rollout's beginning. */
type Listed = Pick<RolloutSpec, 'id' | 'kind'> & {
  readonly target: Pick<RolloutSpec['target'], 'service' | 'environment'>;
  readonly settings: Pick<RolloutSpec['settings'], 'strategy'>;
  readonly next: Pick<RolloutSpec['next'], 'revision' | 'releaseDigest'>;
  readonly previous?: Pick<RolloutSpec['next'], 'releaseDigest'>;
};

/** Summaries, without steps, from the milestones of rollouts, newest event first. */
export function summariesOf(milestones: readonly Milestone[]): RolloutSummary[] {
  const summaries: RolloutSummary[] = [];
  let later: Partial<RolloutSummary> = {};
  for (const event of milestones) {
    if (event.e === 'ended') later = { ...endOf(event), ...later };
    if (event.e === 'turned-back') later = { ...later, why: event.why, ...failedStep(event.step) };
    if (event.e !== 'planned') continue;
    summaries.push({ ...describe(event.spec, event.at), ...later, steps: [] });
    later = {};
  }
  return summaries;
}

const describe = (spec: Listed, startedAt: number) => ({
  id: spec.id,
  environment: spec.target.environment,
  kind: spec.kind,
  strategy: spec.settings.strategy,
  release: releaseName(spec.target.service, spec.next.releaseDigest),
  revision: spec.next.revision,
  startedAt,
  ...(spec.previous ? { previous: releaseName(spec.target.service, spec.previous.releaseDigest) } : {}),
});

const endOf = ({ as, at, provenBy }: NonNullable<Rollout['ended']>) => {
  const verdict: Decision = as === 'succeeded' ? 'GO' : 'NO-GO';
  return { ending: as, endedAt: at, verdict, ...(provenBy ? { provenBy } : {}) };
};

const failedStep = (step: string | undefined): { failedStep?: string } =>
  step === undefined ? {} : { failedStep: step };

function stepSummary(step: { id: string; name: string }, rollout: Rollout): StepSummary {
  const progress = rollout.progress.get(step.id);
  const named = { id: step.id, name: step.name };
  if (!progress) return { ...named, state: 'waiting' };
  const why = progress.outcome?.why;
  return {
    ...named,
    state: stateOf(step.id, progress, rollout),
    ...(progress.endedAt === undefined ? {} : { ms: progress.endedAt - progress.startedAt }),
    ...(why === undefined ? {} : { why }),
  };
}

function stateOf(id: string, progress: StepProgress, rollout: Rollout): StepSummary['state'] {
  if (rollout.turned) {
    const undo = undoWork(rollout).map((entry) => entry.step.id);
    if (undo.includes(id)) return undo.lastIndexOf(id) < rollout.undone ? 'undone' : 'undoing';
  }
  return progress.outcome?.is ?? 'running';
}
