import { hasFlipped } from '../../packages/gonogo/src/domain/course.ts';
import type { Event } from '../../packages/gonogo/src/domain/event.ts';
import { stepsOf } from '../../packages/gonogo/src/domain/plan.ts';
import { all, sameSplit, servingSlots } from '../../packages/gonogo/src/domain/split.ts';
import type { State } from '../../packages/gonogo/src/domain/state.ts';
import type { World } from './world.ts';

export type Seen = { readonly state: State; readonly world: World; readonly journal: readonly Event[] };

/** What must hold after every event, by name; each answers what is wrong, if anything is. */
export const invariants: Readonly<Record<string, (seen: Seen) => string | undefined>> = {
  'nobody is sent to a slot with nothing in it': ({ world }) =>
    servingSlots(world.split).some((slot) => !world.slots[slot])
      ? 'traffic goes to an empty slot'
      : undefined,

  'nobody is sent to instances that were never ready': ({ world }) =>
    servingSlots(world.split).some((slot) => world.slots[slot]?.ready === false)
      ? 'traffic goes to unready instances'
      : undefined,

  'before the flip what serves is untouched': ({ state, world }) => {
    const { rollout, live } = state;
    if (!rollout || rollout.ended || hasFlipped(rollout) || !live) return undefined;
    if (!sameSplit(world.split, all(live.slot))) return 'the split moved before the flip';
    return world.slots[live.slot]?.revision === live.revision
      ? undefined
      : 'what serves was replaced before the flip';
  },

  'what serves before is up while the watch runs': ({ state, world }) => {
    const { rollout } = state;
    const previous = rollout?.spec.previous;
    if (!rollout || rollout.ended || !previous || rollout.spec.keep === undefined) return undefined;
    return world.slots[previous.slot]?.revision === previous.revision
      ? undefined
      : 'it was retired before the rollout ended';
  },

  'nothing is done that is not journalled': ({ state, journal }) => {
    const intended = new Set(journal.flatMap((event) => (event.e === 'intended' ? [event.intent.key] : [])));
    return [...state.pending.keys()].every((key) => intended.has(key))
      ? undefined
      : 'an effect without an intent';
  },

  'an ended rollout is what users see': ({ state, world }) => {
    const { rollout } = state;
    if (!rollout?.ended || rollout.ended.as === 'stuck' || state.pending.size > 0) return undefined;
    const expected = rollout.ended.as === 'succeeded' ? rollout.spec.next : rollout.spec.previous;
    const answering = world.answering();
    return answering === expected?.revision
      ? undefined
      : `${rollout.ended.as}, but ${answering ?? 'nobody'} answers`;
  },

  'a rollback goes to what was proven': ({ state }) => {
    const { rollout } = state;
    if (rollout?.spec.kind !== 'rollback') return undefined;
    return state.proven.some(({ revision }) => revision === rollout.spec.next.revision)
      ? undefined
      : 'it was never proven';
  },

  'a rejected rollout never flipped': ({ state: { rollout } }) =>
    rollout?.ended?.as === 'rejected' && hasFlipped(rollout) ? 'it had flipped' : undefined,

  'a rollout that succeeded did every step': ({ state: { rollout } }) => {
    if (rollout?.ended?.as !== 'succeeded') return undefined;
    const open = stepsOf(rollout.plan).filter(({ id }) => rollout.progress.get(id)?.outcome?.is !== 'ok');
    return open.length === 0 ? undefined : `${open.map(({ id }) => id).join(', ')} was not done`;
  },
};
