import { type SlotId, slotKey } from '../domain/slot.ts';
import type { Member } from '../ports/router.ts';
import { once, type Supervision } from './supervision.ts';
import type { Watched } from './watched.ts';

/** The role that takes traffic; workers are kept alive but are nobody's member. */
export const serving = 'web';

/** Tells the router each slot's ready instances, when they are others than it was told last. */
export function tellMembers(supervision: Supervision): void {
  const slots = new Map([...supervision.wanted.values()].map(({ slot }) => [slotKey(slot), slot]));
  for (const [key, slot] of slots) {
    if (!wasLookedAt(supervision, key)) continue;
    const instances = servingIn(supervision, key);
    // After a restart of the agent the router goes on with what it has until every instance has been asked.
    if (!supervision.told.has(key) && instances.some(({ condition }) => condition.is === 'adopted')) continue;
    const members = instances.filter(({ condition }) => condition.is === 'ready').map(memberOf);
    const text = JSON.stringify(members);
    if (supervision.told.get(key) !== text)
      once(supervision, `telling ${slot.slot}`, () => tell(supervision, slot, members));
  }
}

/** Nothing is said of a slot that was not looked at: what is not seen yet is not gone. */
const wasLookedAt = ({ wanted, looked }: Supervision, key: string): boolean =>
  [...wanted].every(([pool, { slot }]) => slotKey(slot) !== key || looked.has(pool));

/** What is told is noted first: a note made afterwards could be one about a slot that is no longer looked after. */
async function tell({ tools, told }: Supervision, slot: SlotId, members: readonly Member[]): Promise<void> {
  const text = JSON.stringify(members);
  told.set(slotKey(slot), text);
  try {
    await tools.router.members(slot, members);
  } catch (error) {
    if (told.get(slotKey(slot)) === text) told.delete(slotKey(slot));
    throw error;
  }
}

const servingIn = (supervision: Supervision, key: string): Watched[] =>
  [...supervision.watched.values()].filter(
    ({ id, wanted }) =>
      slotKey(wanted.slot) === key && wanted.spec.pool.role === serving && !supervision.leaving.has(id),
  );

const memberOf = ({ instance: { id, host, port } }: Watched): Member => ({ instance: id, host, port });
