import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AsyncCommand } from 'fast-check';
import type { PlanView } from '../../../packages/gonogo/src/api/contract.ts';
import type { RolloutSpec } from '../../../packages/gonogo/src/domain/event.ts';
import type { Done } from '../support/command.ts';
import { agree } from './agree.ts';
import { gonogo, learn, plannedBy, type Real, specOf, write } from './real.ts';
import type { Wish } from './wish.ts';
import { end, endingOf, gateReached, type Revision, stir, type World } from './world.ts';

export type Act = AsyncCommand<World, Real>;

/** A command of the model: when it may be given, and what it does to both worlds, which agree afterwards. */
export const act = (
  name: string,
  may: (world: Readonly<World>) => boolean,
  run: (world: World, real: Real) => Promise<void>,
): Act => ({
  check: (world) => performance.now() < world.until && may(world),
  run: async (world, real) => {
    real.tell(`— ${name}`);
    await run(world, real);
    await agree(world, real);
  },
  toString: () => name,
});

export const always = (): boolean => true;

/** Every command but `agent stop` starts the agent that it needs. */
export async function command(
  world: World,
  real: Real,
  { args, code, colour }: { args: readonly string[]; code: number; colour?: string },
): Promise<Done> {
  const done = await gonogo(real, args, { code, ...(colour ? { colour } : {}) });
  world.agent = 'runs';
  return done;
}

const words = (wish: Wish): string => Object.values(wish).join(' ');

export const revisionOf = ({ replicas, worker, colour }: Wish, says: string): Revision => ({
  says,
  replicas,
  worker,
  colour,
});

/** A database that both share can only be broken for what serves where something serves. */
const makesSense = ({ live }: World, { fate }: Wish): boolean =>
  fate !== 'breaks-the-old' || live !== undefined;

/** Writes a new release; answers its name. */
async function writeNext(world: World, real: Real, wish: Wish, watch?: string): Promise<string> {
  world.written += 1;
  const says = `r${world.written}`;
  await write(real, wish, { says, ...(watch ? { watch } : {}) });
  return says;
}

export const deploy = (wish: Wish, values: 'own' | 'current'): Act =>
  act(
    `deploy ${values === 'current' ? '--env current ' : ''}(${words(wish)})`,
    (world) => makesSense(world, wish),
    async (world, real) => {
      const says = await writeNext(world, real, wish);
      const current = values === 'current' ? ['--env', 'current'] : [];
      await deployWritten(world, real, { wish, says, flags: current });
    },
  );

type Written = { readonly wish: Wish; readonly says: string; readonly flags: readonly string[] };

/** Deploys what is written to its verdict, or to its gate. */
async function deployWritten(world: World, real: Real, { wish, says, flags }: Written): Promise<void> {
  const args = ['deploy', 'production', '--no-wait', '--format', 'json', ...flags];
  if (world.waiting) return void (await command(world, real, { args, code: 1 }));
  const isCurrent = flags.includes('current');
  if (isCurrent && !world.live) return void (await command(world, real, { args, code: 2 }));
  const own = revisionOf(wish, says);
  const next = isCurrent && world.live ? { ...own, colour: world.live.colour } : own;
  const gate = gateReached(wish);
  const ending = endingOf(world, wish);
  const code = gate ? 4 : ending === 'succeeded' ? 0 : 1;
  const done = await command(world, real, { args, code, colour: wish.colour });
  const spec = plannedBy(done);
  assert.ok(spec, done.said());
  started(world, real, { wish, next, spec });
  if (!gate) return end(world, { wish, next, ending });
  world.warm = undefined;
  if (gate === 'hold') world.opened = true;
  world.waiting = { wish, next, at: gate };
  world.history = [...world.history, { kind: 'deploy', ending: 'waiting' }];
}

type Started = { readonly wish: Wish; readonly next: Revision; readonly spec: RolloutSpec };

function started(world: World, real: Real, { wish, next, spec }: Started): void {
  learn(real, next, spec);
  world.settings = wish;
  stir(world, 'perhaps');
}

/** The agent is killed in the middle; the next one ends the rollout as if nothing had been. */
export const deployAndKill = (wish: Wish, ms: number): Act =>
  act(
    `deploy (${words(wish)}), its agent killed after ${ms} ms`,
    (world) => makesSense(world, wish) && !world.waiting,
    async (world, real) => {
      const says = await writeNext(world, real, wish);
      const id = await detach(world, real, wish.colour);
      await sleep(ms);
      process.kill((await real.api.hello()).pid, 'SIGKILL');
      const ending = endingOf(world, wish);
      const code = ending === 'succeeded' ? 0 : 1;
      await command(world, real, { args: ['show', id, '--follow', '--format', 'json'], code });
      const next = revisionOf(wish, says);
      started(world, real, { wish, next, spec: await specOf(real, id) });
      // The smoke test may have been asked twice before users met the release: then they never did.
      const met = (await real.api.rollout({ id })).flips.length > 0;
      const early = wish.fate === 'fails-watched' && !met && wish.strategy !== 'in-place';
      end(world, { wish, next, ending: early ? 'rejected' : ending });
    },
  );

async function detach(world: World, real: Real, colour: string): Promise<string> {
  const args = ['deploy', 'production', '--detach', '--format', 'json'];
  const done = await command(world, real, { args, code: 0, colour });
  return done.json<{ rollout: string }>().rollout;
}

/** Aborted while the new release starts, or while it is watched. */
export const deployAndAbort = (wish: Wish, at: 'provision' | 'watch'): Act =>
  act(
    `deploy (${words(wish)}), aborted at ${at}`,
    ({ live, waiting }) => !waiting && (at === 'watch' || live !== undefined),
    async (world, real) => {
      const says = await writeNext(world, real, wish, 'for: 60s');
      const id = await detach(world, real, wish.colour);
      await begun(real, id, at);
      await command(world, real, { args: ['abort', 'production'], code: 0 });
      const show = ['show', id, '--follow', '--format', 'json'];
      await command(world, real, { args: show, code: 1 });
      const next = revisionOf(wish, says);
      started(world, real, { wish, next, spec: await specOf(real, id) });
      end(world, { wish, next, ending: 'aborted' });
      if (at === 'watch') world.opened = true;
    },
  );

async function begun(real: Real, id: string, step: 'provision' | 'watch'): Promise<void> {
  const names = step === 'provision' ? ['provision', 'add-1'] : ['watch'];
  for (;;) {
    const { steps, ending } = await real.api.rollout({ id });
    if (steps.some(({ name, state }) => names.includes(name) && state !== 'waiting')) return;
    assert.equal(ending, undefined, `it ended before ${step}`);
    await sleep(20);
  }
}

export const plan = (wish: Wish): Act =>
  act(
    `plan (${words(wish)})`,
    (world) => makesSense(world, wish),
    async (world, real) => {
      const says = await writeNext(world, real, wish);
      const args = ['deploy', 'production', '--plan', '--format', 'json'];
      const done = await command(world, real, { args, code: 0, colour: wish.colour });
      world.plan = { id: done.json<PlanView>().id, wish, says, stale: 'no' };
    },
  );

/** What was planned is done exactly so, or refused because the world has moved. */
export const deployPlan = (): Act =>
  act(
    'deploy --plan-id',
    ({ plan }) => plan !== undefined && plan.stale !== 'perhaps',
    async (world, real) => {
      const { plan } = world;
      assert.ok(plan);
      const { wish, says, id, stale } = plan;
      await write(real, wish, { says });
      const flags = ['--plan-id', id];
      if (stale === 'no') return await deployWritten(world, real, { wish, says, flags });
      const args = ['deploy', 'production', '--no-wait', ...flags];
      const done = await command(world, real, { args, code: 1, colour: wish.colour });
      if (!world.waiting) assert.match(done.stderr, /production is not as it was when plan-\w+ was made/);
    },
  );
