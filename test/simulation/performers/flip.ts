import type { Move, Outcome, Taker } from '../../../packages/gonogo/src/domain/plan.ts';
import { sameSplit, servingSlots } from '../../../packages/gonogo/src/domain/split.ts';
import type { Instance } from '../world/runtime.ts';
import type { World } from '../world/world.ts';
import {
  type Call,
  failed,
  fenceOff,
  givenUp,
  leaseLost,
  ok,
  type Pause,
  type Scene,
  type SimulatedPerformer,
  unknown,
} from './call.ts';

/** How long a slot that is not ready is left alone on the way back before it is asked again. */
const pause = 250;

/** Moves users: readiness asked again now, prepared, committed, served by the data plane, confirmed. */
export const flipPerformer: SimulatedPerformer<'flip'> = {
  *perform(scene, { moves }, call) {
    for (const move of moves) {
      const outcome = yield* flip(scene, move, call);
      if (outcome.is !== 'ok') return outcome;
    }
    return ok([scene.world.evidence.put()]);
  },
  look: ({ world }, { moves }) => {
    const [move] = moves;
    if (!move) return ok();
    const { stored } = world.router;
    const { from, to, or = [] } = move.shift;
    if (sameSplit(stored, to) && !sameSplit(from, to)) return confirm(world, move);
    if ([from, ...or].some((beginning) => sameSplit(stored, beginning))) return 'not-begun';
    return unknown('the router sends traffic neither where it did nor where it should');
  },
};

function* flip(scene: Scene, move: Move, call: Call): Generator<Pause, Outcome> {
  const { world } = scene;
  const { router } = world;
  if (!fenceOff(world, call)) return leaseLost;
  const { to, or = [] } = move.shift;
  const unready = yield* admit(scene, move, call);
  if (unready) return unready;
  if (sameSplit(move.shift.from, to) || isAlready(world, move)) return confirm(world, move);
  const from = or.find((other) => sameSplit(other, router.stored)) ?? move.shift.from;
  yield 0;
  if (call.cancelled) return givenUp;
  const ticket = router.prepare(from, to, call.fence);
  if (ticket === 'moved') return failed('the router was moved by somebody else');
  if (ticket === 'fenced') return leaseLost;
  yield 0;
  const committed = router.commit(ticket);
  if (committed === 'moved') return failed('the router was moved by somebody else');
  if (committed === 'fenced') return leaseLost;
  scene.invariants.touched({ what: 'shift', to, call });
  yield 0;
  return confirm(world, move);
}

/**
 * Tells the router who is ready now; answers what is missing. On the way back a moment of weakness is waited for, and it
 * is enough that one slot has somebody who is ready: the other may be why the rollout goes back.
 */
function* admit(scene: Scene, move: Move, call: Call): Generator<Pause, Outcome | undefined> {
  const isForward = call.direction === 'forward';
  for (;;) {
    const ready = move.pools.map((part) => readyIn(scene.world, part));
    const missing = move.pools.find((taker, i) => isMissing(scene.world, taker, ready[i]?.length ?? 0));
    if (isForward && missing) {
      const evidence = [scene.world.evidence.put()];
      return failed(`too few instances in ${missing.pool.slot} are ready now`, evidence);
    }
    const isEnough = !missing || ready.some(({ length }) => length > 0);
    if (isEnough || isAlready(scene.world, move)) return tell(scene, ready, call);
    yield pause;
  }
}

const isMissing = ({ runtime }: World, { pool, whole }: Taker, ready: number): boolean =>
  ready === 0 || (whole === true && ready < (runtime.pool(pool)?.instances.length ?? 0));

/** Whoever has nobody ready keeps the members it has: the data plane knows best which of them to spare. */
function tell(
  { world, invariants }: Scene,
  ready: readonly (readonly Instance[])[],
  call: Call,
): Outcome | undefined {
  if (!fenceOff(world, call)) return leaseLost;
  for (const instances of ready) {
    const [first] = instances;
    if (!first) continue;
    invariants.touched({ what: 'members', slot: first.slot, role: 'web', left: instances.length, call });
    world.router.members[first.slot] = instances;
  }
  return undefined;
}

const isAlready = ({ router }: World, { shift }: Move): boolean =>
  sameSplit(router.stored, shift.to) && sameSplit(router.served, shift.to);

function readyIn(world: World, { pool: id, revision }: Taker): readonly Instance[] {
  const pool = world.runtime.pool(id);
  return pool?.revision === revision ? world.ready(pool) : [];
}

/** A fresh request through the front is answered by the right slot. */
function confirm(world: World, { shift, pools }: Move): Outcome {
  const expected = servingSlots(shift.to);
  if (pools.length > 0 && expected.length > 0) {
    const serving = servingSlots(world.router.served);
    const answers = serving.some((slot) => world.router.members[slot].length > 0);
    if (!answers || !serving.every((slot) => expected.includes(slot)))
      return failed('a new request was answered by somebody else');
  }
  if (sameSplit(world.router.served, shift.to)) world.router.confirmedAt = world.step;
  return ok();
}
