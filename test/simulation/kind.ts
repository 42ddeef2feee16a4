import type { Intent } from '../../packages/gonogo/src/domain/event.ts';
import type { Work } from '../../packages/gonogo/src/domain/plan.ts';

/** The kind of a step, as far as a fault can tell: what it does, and whether it is done or undone. */
export function kindOf({ work, direction, rollout }: Intent): string {
  if (rollout === undefined) return 'retire';
  if (work.do === 'job' && work.job === 'undo') return 'take-back';
  return direction === 'undo' ? `undo ${kindOfWork(work)}` : kindOfWork(work);
}

function kindOfWork(work: Work): string {
  switch (work.do) {
    case 'check':
      return work.suite;
    case 'job':
      return 'migrate';
    case 'scale':
      return work.count === 0 ? 'stop' : 'start';
    default:
      return work.do;
  }
}
