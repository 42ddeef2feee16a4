import { type SlotId, slotKey } from '../domain/slot.ts';
import type { Instant } from '../domain/units.ts';
import type { InstanceId } from '../ports/runtime.ts';
import type { Condition } from './instance.ts';
import type { Supervision } from './supervision.ts';
import type { Watched } from './watched.ts';

/** What the supervisor thinks of an instance. */
export type InstanceReport = {
  readonly condition: Condition['is'];
  /** Of one that ended or failed: how, how often in a row, and when another is started in its place. */
  readonly ending?: { readonly how: string; readonly times: number; readonly again: Instant };
};

/** What the supervisor knows that neither the runtime nor the router can tell. */
export type Report = {
  instance(id: InstanceId): InstanceReport | undefined;
  /** Why a slot is served though none of its instances is ready; undefined when it is not. */
  failsOpen(slot: SlotId): string | undefined;
};

export const reportOf = ({ watched, failsOpen }: Supervision): Report => ({
  instance: (id) => {
    const known = watched.get(id);
    return known && reportOn(known);
  },
  failsOpen: (slot) => failsOpen.get(slotKey(slot)),
});

function reportOn({ condition, ending }: Watched): InstanceReport {
  if (!ending) return { condition: condition.is };
  const { how, times, again } = ending;
  return { condition: condition.is, ending: { how, times, again } };
}
