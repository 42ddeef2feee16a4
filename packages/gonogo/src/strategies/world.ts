import type { Address, EnvironmentSpec } from '../domain/environment.ts';
import type { Placed } from '../domain/event.ts';
import type { Move, Step, Work } from '../domain/plan.ts';
import type { PoolId, SlotId, SlotName } from '../domain/slot.ts';
import { all, type Split, servingSlots } from '../domain/split.ts';
import type { Target } from '../domain/target.ts';
import type { Millis } from '../domain/units.ts';

/** What a strategy plans with: what was asked for, and what was observed a moment ago. */
export type World = {
  readonly target: Target;
  readonly spec: EnvironmentSpec;
  readonly front: Address;
  /** What the router does now. */
  readonly split: Split;
  readonly next: Placed & { readonly replicas: number; readonly startWithin: Millis };
  readonly live?: Placed & { readonly replicas: number; readonly startWithin: Millis };
  /** A slot that is still up from before and stands where `next` shall go. */
  readonly occupied?: Placed;
};

/** Consecutive passes of every probe before an instance counts as ready. */
const passes = 2;

const minute = 60_000;

const slotOf = (world: World, slot: SlotName): SlotId => ({ target: world.target, slot });

const webPool = (world: World, slot: SlotName): PoolId => ({ ...slotOf(world, slot), role: 'web' });

const step = (id: string, work: Work, rest: Partial<Step> = {}): Step => ({
  id,
  name: id,
  work,
  undo: [],
  within: 10 * minute,
  redo: 'safe',
  ...rest,
});

/** Asks what can be known before anything is touched. */
export const preflight = (world: World): Step =>
  step('preflight', check(world, 'preflight'), { within: minute });

/** Where users are sent when nothing is wrong: to what is live. */
const usual = (world: World): Split => (world.live ? all(world.live.slot) : 'nobody');

/** A rollout that got stuck may have left users in the very slot that is needed now. */
const isInTheWay = (world: World): boolean => servingSlots(world.split).includes(world.next.slot);

/** What the router does once `putBack` is done. */
export const splitBefore = (world: World): Split => (isInTheWay(world) ? usual(world) : world.split);

/** Sends users back to what is live before the slot they are in is cleared. It is where they belong, so it stays so. */
export const putBack = (world: World): Step[] =>
  isInTheWay(world)
    ? [{ ...flip(world, 'put-back', { from: world.split, to: usual(world) }), undo: [] }]
    : [];

/** Clears the slot of what was kept warm in it; an instant rollback to that is given up. */
export const makeRoom = (world: World): Step[] =>
  world.occupied ? [step('make-room', scale(world, world.occupied, 0))] : [];

/** Starts the new revision aside. */
export const provision = (world: World): Step =>
  step('provision', scale(world, world.next, world.next.replicas), { undo: [scale(world, world.next, 0)] });

/** Waits until every instance has answered its probes several times in a row. */
export const ready = (world: World): Step =>
  step('ready', readyWork(world, world.next), { within: world.next.startWithin });

/**
 * Proves from inside the new slot that everything the contract names can be reached. Comes before readiness, because a
 * service that misses its database often ends before it can be ready, and the reason is worth more than the exit code.
 */
export const reach = (world: World): Step => step('reach', check(world, 'reach'), { within: 2 * minute });

/** The smoke test, through the new slot's private address. */
export const verify = (world: World): Step => step('verify', check(world, 'smoke'), { within: 30 * minute });

export const flip = (world: World, id: string, { from, to }: { from: Split; to: Split }): Step =>
  step(id, flipWork(world, from, to), { undo: [flipWork(world, to, from)], within: minute });

/** Sends nobody anywhere while what is live is stopped. Where a stuck rollout had done so already, its undo still opens. */
export const close = (world: World): Step => ({
  ...flip(world, 'close', { from: splitBefore(world), to: 'nobody' }),
  undo: [flipWork(world, 'nobody', usual(world))],
});

export const watch = (world: World): Step =>
  step(
    'watch',
    {
      do: 'watch',
      pool: webPool(world, world.next.slot),
      revision: world.next.revision,
      rules: world.spec.watch,
      ...(world.live ? { baseline: slotOf(world, world.live.slot) } : {}),
    },
    { within: world.spec.watch.for + 10 * minute },
  );

/** Stops what serves now, and starts it again if the rollout goes back. */
export const stopLive = (world: World, live: NonNullable<World['live']>): Step =>
  step('stop', scale(world, live, 0), {
    undo: [scale(world, live, live.replicas), readyWork(world, live)],
    within: 10 * minute + live.startWithin,
  });

const check = (world: World, suite: 'preflight' | 'reach' | 'smoke'): Work => ({
  do: 'check',
  suite,
  slot: slotOf(world, world.next.slot),
  revision: world.next.revision,
  ...frontOf(world),
});

const scale = (world: World, placed: Placed, count: number): Work => ({
  do: 'scale',
  pool: webPool(world, placed.slot),
  revision: placed.revision,
  count,
});

const readyWork = (world: World, placed: Placed): Work => ({
  do: 'ready',
  pool: webPool(world, placed.slot),
  revision: placed.revision,
  passes,
});

/** Where users come in, and what they find there. */
const frontOf = ({ front, spec }: World): Pick<Move, 'front' | 'proxy'> =>
  spec.proxy ? { front, proxy: spec.proxy } : { front };

/** A flip names the pools that must be ready for the split it makes. */
function flipWork(world: World, from: Split, to: Split): Work {
  const pools = [world.next, world.live]
    .filter((placed) => placed !== undefined)
    .filter((placed) => typeof to === 'object' && (to[placed.slot] ?? 0) > 0)
    .map((placed) => ({ pool: webPool(world, placed.slot), revision: placed.revision }));
  const move: Move = { shift: { target: world.target, from, to }, ...frontOf(world), pools };
  return { do: 'flip', moves: [move] };
}
