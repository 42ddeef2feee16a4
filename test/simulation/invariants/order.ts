import { hasFlipped } from '../../../packages/gonogo/src/domain/course.ts';
import { servingSlots } from '../../../packages/gonogo/src/domain/split.ts';
import { isRunning } from '../../../packages/gonogo/src/domain/state.ts';
import type { World } from '../world/world.ts';
import type { Invariant, Touch, Wrong } from './invariant.ts';

/** What comes before what. */
export const order: readonly Invariant[] = [
  {
    name: 'nothing happens before it is journalled',
    asked: ({ world }, { key }) =>
      world.journal.intended.has(key) ? undefined : `${key} was begun and is not journalled`,
  },
  {
    name: 'before the flip what serves is untouched',
    touched: ({ world }, touch) => {
      const { live, rollout } = world.journal.state;
      if (!live || !rollout || rollout.ended || touch.call.rollout === undefined || !('role' in touch))
        return undefined;
      if (touch.slot !== live.slot || hasFlipped(rollout)) return undefined;
      return `${touch.call.step} touches ${live.slot} (${touch.what}), which serves`;
    },
  },
  {
    name: 'after the flip green is not destroyed until blue serves',
    touched: ({ world }, touch) =>
      touch.what === 'stop' || touch.what === 'members' ? aboutGreen(world, touch) : undefined,
  },
  {
    name: 'what served before is never retired while the watch runs',
    touched: ({ world }, touch) => {
      if ((touch.what !== 'stop' && touch.what !== 'gone') || touch.role !== 'web') return undefined;
      const { state } = world.journal;
      const { previous, keep } = state.rollout?.spec ?? {};
      if (!isRunning(state) || !previous || keep === undefined || touch.slot !== previous.slot)
        return undefined;
      return `${previous.revision} in ${previous.slot} is removed before the rollout has ended`;
    },
  },
  {
    name: 'an instance after the other: users never have fewer than before',
    touched: ({ world }, touch) => {
      const { rollout } = world.journal.state;
      if (touch.what !== 'stop' || touch.role !== 'web' || rollout?.ended || !rollout?.spec.previous)
        return undefined;
      if (rollout.spec.settings.strategy !== 'rolling' || world.router.displaced || !hasFlipped(rollout))
        return undefined;
      const { served, members } = world.router;
      const left = servingSlots(served).flatMap((slot) =>
        members[slot].filter((one) => !touch.instances.includes(one)),
      );
      if (left.length >= replicas || world.isHampered || anyIll(world)) return undefined;
      return `${left.length} instances are left when ${touch.call.step} stops one in ${touch.slot}`;
    },
  },
];

/** How many instances of each web pool the simulated releases ask for. */
const replicas = 2;

const anyIll = ({ runtime }: World): boolean =>
  [...runtime.pools.values()].some(({ instances }) => instances.some(({ health }) => health !== 'well'));

/** Who is a member is not stopped; and what users are sent to stays until what served before has them again. */
function aboutGreen({ router, journal }: World, touch: Extract<Touch, { what: 'stop' | 'members' }>): Wrong {
  const { rollout } = journal.state;
  const serving = servingSlots(router.served);
  if (router.displaced || touch.role !== 'web') return undefined;
  if (touch.what === 'members')
    return touch.left === 0 && serving.length === 1 && serving[0] === touch.slot
      ? `${touch.slot} is taken out of routing while all users are sent there`
      : undefined;
  if (serving.includes(touch.slot) && touch.instances.some((one) => router.members[touch.slot].includes(one)))
    return `${touch.slot} is stopped while users are sent there`;
  if (touch.call.direction === 'forward' || !rollout?.spec.previous) return undefined;
  if (rollout.spec.keep === undefined || !hasFlipped(rollout)) return undefined;
  return serving.includes(rollout.spec.previous.slot)
    ? undefined
    : 'green is stopped and blue does not serve';
}
