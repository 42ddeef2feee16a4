import type { Outcome, WorkOf } from '../../../packages/gonogo/src/domain/plan.ts';
import type { World } from '../world/world.ts';
import { type Call, fenceOff, givenUp, leaseLost, ok, type Scene, type SimulatedPerformer } from './call.ts';

type Job = WorkOf<'job'>;

/** How long a command runs, and how often it is looked at, in milliseconds. */
const takes = 300;
const lookEvery = 100;

/** Runs each key once; asked again, it waits for the first run or answers how that ended. */
export const jobPerformer: SimulatedPerformer<'job'> = {
  *perform(scene, work, call) {
    const { world } = scene;
    if (!fenceOff(world, call)) return leaseLost;
    if (!world.database.jobs.has(call.key)) begin(scene, work, call);
    for (;;) {
      const job = world.database.jobs.get(call.key);
      if (job?.is !== 'running') return ok([world.evidence.put()]);
      if (call.cancelled) return giveUp(world, call);
      yield lookEvery;
    }
  },
  look: ({ world }, _work, call) => {
    const job = world.database.jobs.get(call.key);
    if (job?.is === 'running') return call.cancelled ? giveUp(world, call) : 'not-begun';
    return job ? ok([world.evidence.put()]) : 'not-begun';
  },
};

/** Who gives up waiting does not leave it running. */
function giveUp({ database }: World, { key }: Call): Outcome {
  database.stop(key);
  return givenUp;
}

function begin({ world, invariants }: Scene, { job, slot, revision }: Job, call: Call): void {
  const { migration } = world.releases.get(revision) ?? {};
  const isMigration = job === 'migrate';
  invariants.touched({ what: job, slot: slot.slot, repeatable: migration?.repeatable ?? true, call });
  world.database.begin(call.key, {
    revision,
    isMigration,
    breaks: isMigration && migration?.breaks ? earlier(world, revision) : [],
    endsAt: world.clock.mono + takes,
  });
}

/** Every revision that there was before this one. */
const earlier = (world: World, revision: string): string[] =>
  [...world.releases.keys()].filter((other) => other !== revision);
