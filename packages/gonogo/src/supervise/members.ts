import { type SlotId, slotKey } from '../domain/slot.ts';
import type { Member } from '../ports/router.ts';
import { once, type Supervision } from './supervision.ts';
import type { Watched } from './watched.ts';

/** The role that takes traffic; workers are kept alive but are nobody's member. */
const serving = 'web';

/** Tells the router each slot's ready instances, when they are others than it was told last. */
export function tellMembers(supervision: Supervision): void {
  const slots = new Map([...supervision.wanted.values()].map(({ slot }) => [slotKey(slot), slot]));
  for (const [key, slot] of slots) {
    const instances = servingIn(supervision, key);
    // After a restart of the agent the router goes on with what it has until every instance has been asked.
    if (!supervision.told.has(key) && instances.some(({ condition }) => condition.is === 'adopted')) continue;
    const members = instances.filter(({ condition }) => condition.is === 'ready').map(memberOf);
    const text = JSON.stringify(members);
    if (supervision.told.get(key) !== text)
      once(supervision, `telling ${slot.slot}`, () => tell(supervision, slot, members));
  }
}

async function tell(supervision: Supervision, slot: SlotId, members: readonly Member[]): Promise<void> {
  await supervision.tools.router.members(slot, members);
  supervision.told.set(slotKey(slot), JSON.stringify(members));
}

const servingIn = (supervision: Supervision, key: string): Watched[] =>
  [...supervision.watched.values()].filter(
    ({ wanted }) => slotKey(wanted.slot) === key && wanted.spec.pool.role === serving,
  );

const memberOf = ({ instance: { id, host, port } }: Watched): Member => ({ instance: id, host, port });
