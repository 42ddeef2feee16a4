import { hasFlipped, undoWork } from '../../../packages/gonogo/src/domain/course.ts';
import { stepsOf, type Work } from '../../../packages/gonogo/src/domain/plan.ts';
import type { Rollout } from '../../../packages/gonogo/src/domain/state.ts';
import type { Invariant, Seen, Wrong } from './invariant.ts';

/** How rollouts end, and what of. */
export const endings: readonly Invariant[] = [
  {
    name: 'the verdict is what users see',
    journalled: (seen, event) => {
      const { rollout } = seen.world.journal.state;
      if (event.e !== 'ended' || !rollout || event.as === 'stuck') return undefined;
      return event.as === 'succeeded' ? aboutSuccess(seen, rollout) : aboutReturn(seen, rollout);
    },
  },
  {
    name: 'a rollout that succeeded did every step',
    journalled: ({ world }, event) => {
      const { rollout } = world.journal.state;
      if (event.e !== 'ended' || event.as !== 'succeeded' || !rollout) return undefined;
      const open = stepsOf(rollout.plan).filter(
        ({ id, work }) => rollout.progress.get(id)?.outcome?.is !== 'ok' && !isSpared(work, rollout),
      );
      return open.length === 0 ? undefined : `${open.map(({ id }) => id).join(', ')} was not done`;
    },
  },
  {
    name: 'a rollout is stuck only when something struck its way back',
    journalled: ({ world }, event, before) => {
      if (event.e !== 'ended' || event.as !== 'stuck' || world.isHampered) return undefined;
      const { rollout, pending, live } = before;
      if (world.isIll(live)) return undefined;
      const last = rollout && undoWork(rollout)[rollout.undone];
      // A database that the migration broke and that cannot be taken back is nothing an engine can mend.
      if (last?.work.do === 'check' && world.database.broken.size > 0) return undefined;
      return `${last?.step.id ?? pending.size} could not be undone, and nothing was in its way`;
    },
  },
  {
    name: 'a rejected rollout never flipped',
    journalled: ({ world }, event) => {
      const { rollout } = world.journal.state;
      const flipped = event.e === 'ended' && event.as === 'rejected' && rollout && hasFlipped(rollout);
      return flipped ? 'it had flipped' : undefined;
    },
  },
  {
    name: 'a rollback goes to what is proven',
    journalled: (_seen, event, before) => {
      if (event.e !== 'planned' || event.spec.kind !== 'rollback') return undefined;
      const { revision } = event.spec.next;
      return before.proven.some((proven) => proven.revision === revision)
        ? undefined
        : `${revision} was never proven`;
    },
  },
];

/** A gate that asks only where traffic has proved nothing. */
const isSpared = (work: Work, { progress }: Rollout): boolean =>
  work.do === 'ask' &&
  work.unlessProvenBy !== undefined &&
  progress.get(work.unlessProvenBy)?.outcome?.provenBy === 'traffic';

/** A stranger who moves users after the last look at them is met by the next rollout. */
function aboutSuccess({ world }: Seen, { spec, plan }: Rollout): Wrong {
  if (!world.router.meddled && world.answering() !== spec.next.revision)
    return `succeeded, but ${world.answering() ?? 'nobody'} answers`;
  if (!stepsOf(plan).some(({ work }) => work.do === 'watch')) return undefined;
  const instances = world.runtime.web(spec.next.slot)?.instances ?? [];
  return instances.some(({ ailsSince }) => ailsSince < world.router.confirmedAt)
    ? `succeeded, though ${spec.next.revision} failed before the watch was over`
    : undefined;
}

function aboutReturn({ world, answeringAtPlan }: Seen, { spec, ended }: Rollout): Wrong {
  const answering = world.answering();
  if (world.router.displaced || answering === spec.previous?.revision) return undefined;
  if (answeringAtPlan !== spec.previous?.revision && answering === answeringAtPlan) return undefined;
  return `${ended?.as}, but ${answering ?? 'nobody'} answers`;
}
