import { leaks } from '../world/evidence.ts';
import type { Invariant } from './invariant.ts';

/** What is kept, and what may not be. */
export const records: readonly Invariant[] = [
  {
    name: 'evidence is never lost',
    journalled: ({ world }, event) => {
      if (event.e !== 'settled') return undefined;
      const lost = event.outcome.evidence.find((ref) => !world.evidence.kept.has(ref));
      return lost === undefined ? undefined : `${event.key} names ${lost}, which is not kept`;
    },
    touched: (_seen, touch) =>
      touch.what === 'gone' && touch.pool.outputUnsaved
        ? `what ${touch.pool.revision} printed is gone with it`
        : undefined,
  },
  {
    name: 'no secret is in an event',
    // The work of an intent is a part of the plan, which was judged as a whole.
    journalled: (_seen, event) =>
      leaks(event.e === 'intended' ? event.intent.key : JSON.stringify(event))
        ? `${event.e} holds a secret`
        : undefined,
  },
];
