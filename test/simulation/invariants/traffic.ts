import {
  all,
  describeSplit,
  type Split,
  sameSplit,
  servingSlots,
} from '../../../packages/gonogo/src/domain/split.ts';
import type { State } from '../../../packages/gonogo/src/domain/state.ts';
import { isRunning, isStuck } from '../../../packages/gonogo/src/domain/state.ts';
import { isReady } from '../world/runtime.ts';
import type { World } from '../world/world.ts';
import type { Invariant } from './invariant.ts';

/** What users meet, asked between any two events. */
export const traffic: readonly Invariant[] = [
  {
    name: 'no request goes to an instance that is not ready or is being removed',
    answered: ({ world }, answer) => {
      if (answer === 'nobody' || world.router.meddled || isStuck(world.journal.state)) return undefined;
      if (answer.removing) return `${answer.slot} is being removed`;
      // All of a slot at once: then the data plane fails open, loudly.
      if (answer.ejected || isReady(answer, world.clock.mono)) return undefined;
      return `an instance of ${answer.revision} in ${answer.slot} was not ready when it was admitted`;
    },
  },
  {
    name: 'users are turned away only where the strategy says so',
    answered: ({ world, closes }, answer) =>
      answer !== 'nobody' || mayBeTurnedAway(world, closes) ? undefined : 'a user was answered by nobody',
  },
  {
    name: 'exactly one split is in force, and it is what the router observes',
    always: ({ world: { router, journal }, closes }) => {
      if (router.displaced || router.meddled) return undefined;
      if (sameSplit(router.stored, router.served) && isKnown(journal.state, router.served, closes))
        return undefined;
      if (isShifting(journal.state)) return undefined;
      return `the router observes ${describeSplit(router.stored)} and serves ${describeSplit(router.served)}`;
    },
  },
];

/** Before the first release there is nobody; in place, the front says so; a stuck rollout has paged somebody. */
function mayBeTurnedAway({ router, journal: { state } }: World, closes: boolean): boolean {
  if (!state.live || router.displaced) return true;
  if (isStuck(state)) return true;
  return isRunning(state) && closes;
}

function isShifting({ pending, rollout }: State): boolean {
  for (const { work } of pending.values()) if (work.do === 'flip') return true;
  return rollout?.ended?.as === 'stuck' || rollout?.turned !== undefined;
}

/** The splits that the journal knows of: where users belong, and on the way where the running rollout takes them. */
function isKnown(state: State, split: Split, closes: boolean): boolean {
  const { live, rollout } = state;
  if (!isRunning(state)) return sameSplit(split, live ? all(live.slot) : 'nobody');
  if (split === 'nobody') return !live || closes;
  return servingSlots(split).every((slot) => slot === live?.slot || slot === rollout?.spec.next.slot);
}
