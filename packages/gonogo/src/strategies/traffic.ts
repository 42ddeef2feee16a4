import type { Approval } from '../domain/environment.ts';
import type { Placed } from '../domain/event.ts';
import type { Move, Step, WatchRules, Work } from '../domain/plan.ts';
import { type Split, servingSlots } from '../domain/split.ts';
import {
  frontOf,
  isInTheWay,
  minute,
  poolOf,
  slotOf,
  splitBefore,
  step,
  usual,
  type World,
} from './world.ts';

export type Flip = {
  readonly from: Split;
  readonly to: Split;
  /** Users are better off with a part of what is next than where they are. */
  readonly urgent?: boolean;
};

export const flip = (world: World, id: string, { from, to, urgent = false }: Flip): Step =>
  step(id, flipWork(world, { from, to, urgent }), {
    undo: [flipWork(world, { from: to, to: from })],
    within: minute,
  });

/** Sends users back to what is live before the slot they are in is cleared. It is where they belong, so it stays so. */
export const putBack = (world: World): Step[] =>
  isInTheWay(world)
    ? [{ ...flip(world, 'put-back', { from: world.split, to: usual(world) }), undo: [] }]
    : [];

/** Sends nobody anywhere while what is live is stopped. Where a stuck rollout had done so already, its undo still opens. */
export const close = (world: World): Step => ({
  ...flip(world, 'close', { from: splitBefore(world), to: 'nobody' }),
  undo: [flipWork(world, { from: 'nobody', to: usual(world) })],
});

/** Somebody looks before users do, where the environment asks for it. */
export const approve = ({ spec }: World): Step[] => (spec.approve ? [gate('approve', spec.approve)] : []);

/** How long a gate waits that the environment says nothing else about. */
const silence: Approval = { within: 60 * minute, otherwise: 'abort' };

const gate = (id: string, { within, otherwise }: Approval, unlessProvenBy?: string): Step =>
  step(id, { do: 'ask', otherwise, ...(unlessProvenBy ? { unlessProvenBy } : {}) }, { within });

/** The new revision under users' traffic; where the environment wants it, too little traffic to judge by needs a word. */
export const watch = (world: World): Step[] => [
  watchFor(world, 'watch', { rules: world.spec.watch, workers: true }),
  ...(world.spec.quiet === 'hold' ? [gate('hold', world.spec.approve ?? silence, 'watch')] : []),
];

type Watched = { readonly rules: WatchRules; readonly workers: boolean };

/** A watch of its own length; of the workers only where they have started. */
export const watchFor = (world: World, id: string, { rules, workers }: Watched): Step => {
  const { slot, revision, workers: roles = [] } = world.next;
  const work: Work = {
    do: 'watch',
    pool: poolOf(world, slot),
    revision,
    rules,
    ...(world.live ? { baseline: slotOf(world, world.live.slot) } : {}),
    ...(workers && roles.length > 0 ? { workers: roles.map((role) => poolOf(world, slot, role)) } : {}),
  };
  return step(id, work, { within: rules.for + 10 * minute });
};

/** A flip names the pools that must be ready for the split it makes; what is next wholly, or users would crowd a part. */
export function flipWork(
  world: World,
  { from, to, or, urgent }: Flip & { readonly or?: readonly Split[] },
): Work {
  const serving = servingSlots(to);
  const pools = [world.next, world.live]
    .filter(
      (placed): placed is Placed & typeof world.next => placed !== undefined && serving.includes(placed.slot),
    )
    .map((placed) => ({
      pool: poolOf(world, placed.slot),
      revision: placed.revision,
      ...(placed === world.next && !urgent ? { whole: true as const } : {}),
    }));
  const shift = { target: world.target, from, to, ...(or ? { or } : {}) };
  const front = frontOf(world, serving);
  const holds = to === 'nobody' && world.live && front.proxy?.hold?.within !== 0;
  const move: Move = { shift, ...(holds ? { holds } : {}), ...front, pools };
  return { do: 'flip', moves: [move] };
}
