import { type SlotId, slotKey } from '../domain/slot.ts';
import type { Member } from '../ports/router.ts';
import { once, type Supervision } from './supervision.ts';
import { takesTraffic, type Watched } from './watched.ts';

/** Tells the router each slot's ready instances, when they are others than it was told last. */
export function tellMembers(supervision: Supervision): void {
  const slots = new Map([...supervision.wanted.values()].map(({ slot }) => [slotKey(slot), slot]));
  for (const [key, slot] of slots) {
    if (!wasLookedAt(supervision, key)) continue;
    const instances = servingIn(supervision, key);
    // After a restart of the agent the router goes on with what it has until every instance has been asked.
    if (!supervision.told.has(key) && instances.some(({ condition }) => condition.is === 'adopted')) continue;
    const members = membersOf(supervision, slot, instances).map(memberOf);
    const text = JSON.stringify(members);
    if (supervision.told.get(key) !== text)
      once(supervision, `telling ${slot.slot}`, () => tell(supervision, slot, members));
  }
}

/** Tells the router and waits for its word. The first telling may be one that had begun before. */
export async function untilTold(supervision: Supervision, { slot }: SlotId): Promise<void> {
  for (let telling = 0; telling < 2; telling++) {
    tellMembers(supervision);
    await supervision.tasks.get(`telling ${slot}`);
  }
}

/** Nothing is said of a slot that was not looked at: what is not seen yet is not gone. */
const wasLookedAt = ({ wanted, looked }: Supervision, key: string): boolean =>
  [...wanted].every(([pool, { slot }]) => slotKey(slot) !== key || looked.has(pool));

/** The ready ones; with nobody ready those that may answer all the same, which is told loudly for as long as it lasts. */
function membersOf(
  supervision: Supervision,
  slot: SlotId,
  instances: readonly Watched[],
): readonly Watched[] {
  const { failsOpen, tools } = supervision;
  const key = slotKey(slot);
  const ready = instances.filter(({ condition }) => condition.is === 'ready');
  const spared = ready.length > 0 ? undefined : sparedAmong(instances);
  if (spared && !failsOpen.has(key)) {
    failsOpen.set(key, spared.why);
    tools.log.warn(`${slot.slot} serves its users though none of its instances is ready: ${spared.why}`);
  }
  if (!spared && failsOpen.delete(key))
    tools.log.info(`${slot.slot} is served by ready instances only, as it should be`, {
      ready: ready.length,
    });
  return spared?.instances ?? ready;
}

type Spared = { readonly instances: readonly Watched[]; readonly why: string };

/**
 * Fail-open, DESIGN §9: what is live, proven and serving keeps its traffic when two or more instances run and every one
 * says that only shared checks fail, because then nobody else would answer better. `all_unready` overrides the reason,
 * never the place: a rollout asks readiness by itself and is told nothing of this.
 */
function sparedAmong(instances: readonly Watched[]): Spared | undefined {
  const unready = instances.filter(({ condition }) => condition.is === 'unready');
  const [first] = unready;
  if (!first?.wanted.serves) return undefined;
  const { allUnready } = first.wanted.spec.manifest.health;
  if (allUnready === 'refuse') return undefined;
  if (allUnready === 'serve') return { instances: unready, why: 'health.all_unready says so' };
  const shared = unready.every(({ condition }) => condition.is === 'unready' && condition.shared);
  return shared && unready.length >= 2
    ? { instances: unready, why: `each of ${unready.length} says that only what they share fails` }
    : undefined;
}

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

/** The instances of a slot that may take traffic; one that is known to have ended may not, however it is seen. */
const servingIn = (supervision: Supervision, key: string): Watched[] =>
  [...supervision.watched.values()].filter(
    ({ id, wanted, lost }) =>
      slotKey(wanted.slot) === key && takesTraffic(wanted) && !lost && !supervision.leaving.has(id),
  );

const memberOf = ({ instance: { id, host, port } }: Watched): Member => ({ instance: id, host, port });
