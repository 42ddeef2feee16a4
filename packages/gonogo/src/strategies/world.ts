import type { Address, EnvironmentSpec } from '../domain/environment.ts';
import type { Placed } from '../domain/event.ts';
import type { FrontSettings } from '../domain/front.ts';
import type { Move, Step, Suite, Work } from '../domain/plan.ts';
import type { PoolId, SlotId, SlotName } from '../domain/slot.ts';
import { all, type Split, servingSlots } from '../domain/split.ts';
import type { Target } from '../domain/target.ts';
import type { Millis } from '../domain/units.ts';

/** A role that takes no traffic. Without `overlap` two revisions of it never run at once. */
export type Worker = { readonly role: string; readonly replicas: number; readonly overlap: boolean };

/** How a release wants the database changed. */
export type Migration = {
  readonly when: 'before-start' | 'after-ready';
  readonly undo: boolean;
  /** May be run again when nobody knows whether it was. */
  readonly repeatable: boolean;
  readonly within: Millis;
};

/** A revision in its slot, with its size. */
export type Sized = Placed & {
  readonly replicas: number;
  readonly startWithin: Millis;
  readonly roles?: readonly Worker[];
};

/** What a strategy plans with: what was asked for, and what was observed a moment ago. */
export type World = {
  readonly target: Target;
  readonly spec: EnvironmentSpec;
  readonly front: Address;
  /** What the router does now. */
  readonly split: Split;
  readonly next: Sized & { readonly migrate?: Migration };
  readonly live?: Sized;
  /** What the front does for the users of what is live. */
  readonly liveProxy?: FrontSettings;
  /** Pools that are still up from before and stand where `next` shall go. */
  readonly occupied?: readonly { readonly role: string; readonly revision: string }[];
};

export const minute = 60_000;

/** Consecutive passes of every probe before an instance counts as ready. */
const passes = 2;

export const step = (id: string, work: Work, rest: Partial<Step> = {}): Step => ({
  id,
  name: id,
  work,
  undo: [],
  within: 10 * minute,
  redo: 'safe',
  ...rest,
});

export const slotOf = (world: World, slot: SlotName): SlotId => ({ target: world.target, slot });

export const poolOf = (world: World, slot: SlotName, role = 'web'): PoolId => ({
  ...slotOf(world, slot),
  role,
});

/** Where users are sent when nothing is wrong: to what is live. */
export const usual = (world: World): Split => (world.live ? all(world.live.slot) : 'nobody');

/** A rollout that got stuck may have left users in the very slot that is needed now. */
export const isInTheWay = (world: World): boolean => servingSlots(world.split).includes(world.next.slot);

/** What the router does once `putBack` is done. */
export const splitBefore = (world: World): Split => (isInTheWay(world) ? usual(world) : world.split);

export const check = (world: World, suite: Suite, placed: Placed = world.next): Work => ({
  do: 'check',
  suite,
  slot: slotOf(world, placed.slot),
  revision: placed.revision,
  ...frontOf(world, [placed.slot]),
});

export const scale = (world: World, placed: Placed, count: number): Work => ({
  do: 'scale',
  pool: poolOf(world, placed.slot),
  revision: placed.revision,
  count,
});

export const readyWork = (world: World, placed: Placed, role = 'web'): Work => ({
  do: 'ready',
  pool: poolOf(world, placed.slot, role),
  revision: placed.revision,
  passes,
});

/**
 * Where the users of some slots come in, and what they find there. New rules come with the new release, and with the old
 * one the old ones come back.
 */
export function frontOf(
  { front, spec, next, live, liveProxy }: World,
  slots: readonly SlotName[],
): Pick<Move, 'front' | 'proxy'> {
  const proxy = !live || slots.includes(next.slot) ? spec.proxy : liveProxy;
  return proxy ? { front, proxy } : { front };
}
