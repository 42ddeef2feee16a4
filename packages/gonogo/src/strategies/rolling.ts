import type { Plan, Step } from '../domain/plan.ts';
import { all } from '../domain/split.ts';
import { clearTheWay, reach, verify } from './aside.ts';
import { blueGreen } from './blue-green.ts';
import { migrate } from './migrate.ts';
import { approve, flip, flipWork, watch } from './traffic.ts';
import { handOver } from './workers.ts';
import { minute, readyWork, type Sized, scale, splitBefore, step, type World } from './world.ts';

/**
 * One instance after another: each new one is proven before users reach it, and only then an old one goes, so that there
 * are never fewer than before. The first new one is asked everything before users meet it.
 */
export function rolling(world: World): Plan {
  const { live } = world;
  if (!live) return blueGreen(world);
  const rounds = Math.max(world.next.replicas, live.replicas);
  return {
    seq: [
      ...clearTheWay(world),
      ...addOne(world, 1),
      ...migrate(world, 'after-ready'),
      verify(world),
      ...approve(world),
      admitFirst(world),
      ...Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
        exchange(world, live, round),
      ),
      ...handOver(world),
      ...watch(world),
    ],
  };
}

/** One more new instance, proven before anybody is sent to it. */
const addOne = (world: World, count: number): Step[] => [
  step(`add-${count}`, scale(world, world.next, count), { undo: [scale(world, world.next, count - 1)] }),
  ...(count === 1 ? [reach(world)] : []),
  step(`ready-${count}`, readyWork(world, world.next), { within: world.next.startWithin }),
];

/** From here on users are sent to every instance of both revisions alike. */
const admitFirst = (world: World): Step =>
  flip(world, 'admit-1', { from: splitBefore(world), to: 'by-instances' });

/** A round: one more new instance takes traffic, then an old one goes; with the last, everybody is with the new ones. */
function exchange(world: World, live: Sized, round: number): Step[] {
  const last = Math.max(world.next.replicas, live.replicas);
  const added =
    round > 1 && round <= world.next.replicas ? [...addOne(world, round), admit(world, round)] : [];
  const settled =
    round === last ? [flip(world, 'flip', { from: 'by-instances', to: all(world.next.slot) })] : [];
  const left = last - round;
  return [...added, ...settled, ...(left < live.replicas ? [dropOne(world, live, left)] : [])];
}

/** The split stays; only the new instance becomes a member. */
const admit = (world: World, count: number): Step =>
  step(`admit-${count}`, flipWork(world, { from: 'by-instances', to: 'by-instances' }), { within: minute });

/** Undone, the instance is started again and takes traffic before anything else goes back. */
const dropOne = (world: World, live: Sized, left: number): Step =>
  step(`drop-${left}`, scale(world, live, left), {
    undo: [
      scale(world, live, left + 1),
      readyWork(world, live),
      // The last one goes when nobody is sent to its slot any more; the flip that is undone next admits it.
      ...(left === 0 ? [] : [flipWork(world, { from: 'by-instances', to: 'by-instances' })]),
    ],
    within: 10 * minute + live.startWithin,
  });
