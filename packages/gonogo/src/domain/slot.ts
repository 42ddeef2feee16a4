import { type Target, targetKey } from './target.ts';

/** One of the two places in an environment that hold a revision. */
export type SlotName = 'blue' | 'green';

export type SlotId = { readonly target: Target; readonly slot: SlotName };

/** The instances of one role in one slot. */
export type PoolId = SlotId & { readonly role: string };

export const otherSlot = (slot: SlotName): SlotName => (slot === 'blue' ? 'green' : 'blue');

export const slotKey = (id: SlotId): string => `${targetKey(id.target)}/${id.slot}`;

export const poolKey = (id: PoolId): string => `${slotKey(id)}/${id.role}`;
