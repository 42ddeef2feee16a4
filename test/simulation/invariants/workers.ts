import { otherSlot } from '../../../packages/gonogo/src/domain/slot.ts';
import { runsAlone } from '../world/release.ts';
import { isUp } from '../world/runtime.ts';
import type { Invariant } from './invariant.ts';

/** Roles that take no traffic. */
export const workers: readonly Invariant[] = [
  {
    name: 'two revisions of a worker that may not overlap never run at once',
    touched: ({ world }, touch) => {
      if (touch.what !== 'start' || !runsAlone(touch.role)) return undefined;
      const other = world.runtime.pool({ slot: otherSlot(touch.slot), role: touch.role });
      return other?.instances.some(isUp)
        ? `${touch.role} starts in ${touch.slot} while ${other.revision}'s still runs`
        : undefined;
    },
  },
  {
    name: 'the workers that run are those of what is live',
    journalled: ({ world }, event) => {
      const { live, rollout } = world.journal.state;
      if (event.e !== 'ended' || event.as === 'stuck' || !live || !rollout || world.router.displaced)
        return undefined;
      const missing = live.workers?.find(
        (role) => world.runtime.pool({ slot: live.slot, role })?.revision !== live.revision,
      );
      if (missing !== undefined) return `${event.as}, and ${live.revision} has no ${missing}`;
      const stray = [...world.runtime.pools.values()].find(
        ({ role, slot }) => role !== 'web' && slot !== live.slot,
      );
      return stray ? `${event.as}, and ${stray.revision}'s ${stray.role} still runs` : undefined;
    },
  },
];
