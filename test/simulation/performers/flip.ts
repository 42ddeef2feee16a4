import type { Move, Outcome } from '../../../packages/gonogo/src/domain/plan.ts';
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
    if (!move || sameSplit(world.router.stored, move.shift.to)) return move ? confirm(world, move) : ok();
    if (sameSplit(world.router.stored, move.shift.from)) return 'not-begun';
    return unknown('the router sends traffic neither where it did nor where it should');
  },
};

function* flip(scene: Scene, move: Move, call: Call): Generator<Pause, Outcome> {
  const { world } = scene;
  const { router } = world;
  if (!fenceOff(world, call)) return leaseLost;
  const { from, to } = move.shift;
  const unready = yield* admit(scene, move, call);
  if (unready) return unready;
  if (sameSplit(router.stored, to) && sameSplit(router.served, to)) return confirm(world, move);
  yield 0;
  if (call.cancelled) return givenUp;
  const ticket = router.prepare(from, to, call.fence);
  if (ticket === 'moved') return failed('the router was moved by somebody else');
  if (ticket === 'fenced') return leaseLost;
  yield 0;
  const committed = router.commit(ticket);
  if (committed === 'moved') return failed('the router was moved by somebody else');
  if (committed === 'fenced') return leaseLost;
  scene.invariants.touched({ what: 'shift', call });
  yield 0;
  return confirm(world, move);
}

/** Tells the router who is ready now; answers what is missing. On the way back a moment of weakness is waited for. */
function* admit({ world, invariants }: Scene, move: Move, call: Call): Generator<Pause, Outcome | undefined> {
  for (const { pool: id, revision } of move.pools) {
    let ready: readonly Instance[];
    for (;;) {
      const pool = world.runtime.pool(id);
      ready = pool?.revision === revision ? world.ready(pool) : [];
      if (ready.length > 0 || call.direction === 'forward') break;
      yield pause;
    }
    if (ready.length === 0) return failed(`no instance in ${id.slot} is ready now`);
    if (!fenceOff(world, call)) return leaseLost;
    invariants.touched({ what: 'members', slot: id.slot, call });
    world.router.members[id.slot] = ready;
  }
  return undefined;
}

/** A fresh request through the front is answered by the right slot. */
function confirm(world: World, { shift, pools }: Move): Outcome {
  const expected = servingSlots(shift.to);
  if (pools.length > 0 && expected.length > 0) {
    const [slot] = servingSlots(world.router.served);
    const answers = slot && expected.includes(slot) && world.router.members[slot].length > 0;
    if (!answers) return failed('a new request was answered by somebody else');
  }
  if (sameSplit(world.router.served, shift.to)) world.router.confirmedAt = world.step;
  return ok();
}
