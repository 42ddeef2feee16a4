import type { PlanView } from '../../api/contract.ts';
import { describeWork } from '../../domain/describe.ts';
import type { RolloutSpec } from '../../domain/event.ts';
import { type Plan, stepsOf } from '../../domain/plan.ts';
import { releaseName } from '../../domain/release.ts';

/** A plan as it is shown before it runs. */
export const planView = (
  { spec, plan }: { readonly spec: RolloutSpec; readonly plan: Plan },
  id: string,
): PlanView => ({
  id,
  release: releaseName(spec.target.service, spec.next.releaseDigest),
  environment: spec.target.environment,
  strategy: spec.settings.strategy,
  front: spec.front,
  ...(spec.previous ? { previous: releaseName(spec.target.service, spec.previous.releaseDigest) } : {}),
  ...(spec.keep === undefined ? {} : { keep: spec.keep }),
  steps: stepsOf(plan).map(({ id, name, work, undo }) => ({
    id,
    name,
    does: describeWork(work),
    undo: undo.map(describeWork),
  })),
});
