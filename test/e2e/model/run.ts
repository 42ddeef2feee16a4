import fc from 'fast-check';
import type { Keeping } from '../support/sandbox.ts';
import { killAgent, look, stopAgent } from './agent.ts';
import { abort, answerNothing, approve, rollback } from './answers.ts';
import { deploy, deployAndAbort, deployAndKill, deployPlan, plan } from './commands.ts';
import { openReal } from './real.ts';
import type { Fate, Wish } from './wish.ts';
import { newWorld } from './world.ts';

export type ModelOptions = {
  readonly runs: number;
  /** Most commands in one run. */
  readonly commands: number;
  readonly seed: number;
  /** On a busy machine fewer commands are given: none after so many milliseconds. Default: no limit. */
  readonly within?: number;
  /** Of a failure that is run again: which run, and which of its commands. */
  readonly path?: string;
  readonly replayPath?: string;
  /** Looks for the shortest sequence that still fails; each try takes as long as a run. */
  readonly shrink?: boolean;
  readonly say: (line: string) => void;
};

const weighed = <T>(...weights: [number, T][]): fc.Arbitrary<T> =>
  fc.oneof(...weights.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));

const wish = (fate: fc.Arbitrary<Fate>, gate: fc.Arbitrary<Wish['gate']>): fc.Arbitrary<Wish> =>
  fc.record({
    strategy: weighed<Wish['strategy']>([3, 'blue-green'], [2, 'rolling'], [2, 'canary'], [2, 'in-place']),
    replicas: weighed<Wish['replicas']>([2, 1], [1, 2]),
    worker: weighed<Wish['worker']>([3, 'none'], [1, 'overlap'], [1, 'alone']),
    fate,
    gate,
    colour: fc.constantFrom('red', 'blue'),
    keep: weighed([4, true], [1, false]),
  });

const good = fc.constant<Fate>('good');
const anyFate = weighed<Fate>(
  [6, 'good'],
  [1, 'migrates'],
  [1, 'breaks-the-old'],
  [1, 'never-ready'],
  [1, 'fails-checks'],
  [1, 'fails-watched'],
);
const ungated = fc.constant<Wish['gate']>('none');
const gated = weighed<Wish['gate']>([2, 'approve'], [1, 'hold']);

const deploys = fc
  .tuple(wish(anyFate, ungated), weighed<'own' | 'current'>([5, 'own'], [1, 'current']))
  .map(([what, values]) => deploy(what, values));

/** Little can be asked before something is deployed, so most runs begin with that. */
const firsts = fc.option(
  wish(good, ungated).map((what) => deploy(what, 'own')),
  { nil: undefined, freq: 6 },
);

/** Everything somebody may do; what is often done is there more than once. */
const acts = [
  deploys,
  deploys,
  wish(anyFate, gated).map((what) => deploy(what, 'own')),
  fc.tuple(wish(anyFate, ungated), fc.nat(2000)).map(([what, ms]) => deployAndKill(what, ms)),
  fc
    .tuple(wish(good, ungated), fc.constantFrom('provision' as const, 'watch' as const))
    .map(([what, at]) => deployAndAbort(what, at)),
  fc.constant(approve()),
  fc.constant(abort()),
  fc
    .tuple(
      weighed<number | 'unknown' | undefined>([5, undefined], [1, 0], [2, 1], [1, 2], [1, 'unknown']),
      fc.boolean(),
    )
    .map(([to, current]) => rollback(to, current)),
  fc.tuple(fc.constant(undefined)).map(([to]) => rollback(to, false)),
  wish(good, ungated).map(plan),
  fc.constant(deployPlan()),
  fc.constantFrom(killAgent(), stopAgent(), answerNothing(), look()),
];

/** Random sequences of commands against the real agent and the model; fails with the seed and path of the first that parts them. */
export async function runModel(t: Keeping, options: ModelOptions): Promise<void> {
  const { runs, commands, seed, path, replayPath, shrink = false, say } = options;
  const until = performance.now() + (options.within ?? Number.POSITIVE_INFINITY);
  const sequences = fc.commands(acts, {
    maxCommands: commands,
    size: 'max',
    ...(replayPath === undefined ? {} : { replayPath }),
  });
  const property = fc.asyncProperty(firsts, sequences, async (first, sequence) => {
    if (performance.now() > until) return say('no time is left for this run');
    const real = await openReal(t, say);
    const world = newWorld(until);
    await first?.run(world, real);
    await fc.asyncModelRun(() => ({ model: world, real }), sequence);
    await real.sandbox.stop();
  });
  const replay = path === undefined ? {} : { path };
  await fc.assert(property, { numRuns: runs, seed, endOnFailure: !shrink, ...replay });
}
