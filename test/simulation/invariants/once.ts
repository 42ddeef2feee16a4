import type { Invariant } from './invariant.ts';

export const once: readonly Invariant[] = [
  {
    name: 'no effect happens twice',
    begun: ({ world }, { key }) =>
      world.journal.state.pending.has(key) ? undefined : `${key} is begun again, and its end is journalled`,
    touched: (seen, { what, call, ...touch }) => {
      if (what === 'shift') {
        const shifts = (seen.shifts.get(call.key) ?? 0) + 1;
        seen.shifts.set(call.key, shifts);
        return shifts > 1 + seen.world.router.meddles
          ? `${call.key} has moved users ${shifts} times`
          : undefined;
      }
      if (what !== 'start' || !('limit' in touch)) return undefined;
      const starts = (seen.starts.get(call.key) ?? 0) + 1;
      seen.starts.set(call.key, starts);
      return starts > touch.limit + seen.world.runtime.endings
        ? `${call.key} has started ${starts} instances instead of ${touch.limit}`
        : undefined;
    },
  },
];
