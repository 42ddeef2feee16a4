import type { Event } from '../../../packages/gonogo/src/domain/event.ts';
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
    journalled: (_seen, event) => (textsOf(event).some(leaks) ? `${event.e} holds a secret` : undefined),
  },
];

/** The texts of an event that come from outside of the engine; all of a plan's. */
function textsOf(event: Event): string[] {
  switch (event.e) {
    case 'planned':
      return [JSON.stringify(event)];
    case 'settled':
      return textsIn(event.outcome.why, event.outcome.hint);
    case 'turned-back':
    case 'ended':
      return textsIn(event.why);
    case 'answered':
      return [event.by];
    case 'intended':
    case 'resumed':
      return [];
  }
}

const textsIn = (...texts: (string | undefined)[]): string[] => texts.filter((text) => text !== undefined);
