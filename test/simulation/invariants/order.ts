import { hasFlipped } from '../../../packages/gonogo/src/domain/decide.ts';
import { servingSlots } from '../../../packages/gonogo/src/domain/split.ts';
import { isRunning } from '../../../packages/gonogo/src/domain/state.ts';
import type { Invariant } from './invariant.ts';

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
      if (!live || !rollout || rollout.ended || touch.call.rollout === undefined) return undefined;
      if (touch.what === 'shift' || touch.slot !== live.slot || hasFlipped(rollout)) return undefined;
      return `${touch.call.step} touches ${live.slot} (${touch.what}), which serves`;
    },
  },
  {
    name: 'after the flip green is not destroyed until blue serves',
    touched: ({ world }, touch) => {
      if (touch.what !== 'stop' && touch.what !== 'gone') return undefined;
      const { router, journal } = world;
      if (router.displaced) return undefined;
      const { rollout } = journal.state;
      const serving = servingSlots(router.served);
      if (serving.includes(touch.slot)) return `${touch.slot} is removed while users are sent there`;
      if (touch.call.direction === 'forward' || !rollout?.spec.previous) return undefined;
      if (rollout.spec.keep === undefined || !hasFlipped(rollout)) return undefined;
      return serving.includes(rollout.spec.previous.slot)
        ? undefined
        : 'green is removed and blue does not serve';
    },
  },
  {
    name: 'what served before is never retired while the watch runs',
    touched: ({ world }, touch) => {
      if (touch.what !== 'stop' && touch.what !== 'gone') return undefined;
      const { state } = world.journal;
      const { previous, keep } = state.rollout?.spec ?? {};
      if (!isRunning(state) || !previous || keep === undefined || touch.slot !== previous.slot)
        return undefined;
      return `${previous.revision} in ${previous.slot} is removed before the rollout has ended`;
    },
  },
];
