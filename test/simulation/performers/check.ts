import type { Outcome, Suite } from '../../../packages/gonogo/src/domain/plan.ts';
import { complaint } from '../world/evidence.ts';
import type { Character } from '../world/release.ts';
import { type Instance, isUp, type Pool } from '../world/runtime.ts';
import type { World } from '../world/world.ts';
import { failed, fenceOff, leaseLost, ok, type SimulatedPerformer } from './call.ts';

/** Asks from outside, or from inside an instance of the slot; changes nothing. */
export const checkPerformer: SimulatedPerformer<'check'> = {
  *perform({ world }, { suite, slot, revision }, call) {
    if (!fenceOff(world, call)) return leaseLost;
    yield 0;
    return ask(world, suite, { revision, pool: world.runtime.web(slot.slot) });
  },
  look: () => 'not-begun',
};

type Asked = { readonly revision: string; readonly pool: Pool | undefined };

function ask(world: World, suite: Suite, { revision, pool }: Asked): Outcome {
  const instances = pool?.revision === revision ? pool.instances : [];
  if (suite !== 'preflight' && instances.length === 0) return failed('no instance runs there');
  if (suite === 'smoke' && !instances.some(isUp)) return failed('no instance runs there');
  const evidence = [world.evidence.put()];
  const character = world.releases.get(revision);
  const passes = character === undefined || holds(character, suite);
  if (suite === 'still-works' && world.ready(pool).length < instances.length)
    return failed('not all are ready', evidence);
  const errs = asksItself(suite) && (world.database.broken.has(revision) || instances.some(isErring));
  return passes && !errs ? ok(evidence) : failed(world.evidence.clean(complaint(world.step)), evidence);
}

function holds(character: Character, suite: Suite): boolean {
  switch (suite) {
    case 'preflight':
      return character.declared;
    case 'reach':
      return character.reaches;
    case 'smoke':
      return character.passes;
    case 'still-works':
      return true;
  }
}

/** The suites that ask the service's own checks. */
const asksItself = (suite: Suite): boolean => suite === 'smoke' || suite === 'still-works';

const isErring = ({ health }: Instance): boolean => health === 'erring';
