import { setTimeout as sleep } from 'node:timers/promises';
import { ensureAgent } from '../../packages/gonogo/src/api/autostart.ts';
import type { Client } from '../../packages/gonogo/src/api/client.ts';
import type { RolloutDetail } from '../../packages/gonogo/src/api/contract.ts';
import { messageOf } from '../../packages/gonogo/src/errors.ts';
import type { StrictClient } from '../../packages/gonogo/src/system/strict-client.ts';
import { agree } from '../e2e/model/agree.ts';
import { revisionOf } from '../e2e/model/commands.ts';
import { learn, openReal, type Real, specOf, write } from '../e2e/model/real.ts';
import type { Wish } from '../e2e/model/wish.ts';
import { end, newWorld, type World } from '../e2e/model/world.ts';
import type { Keeping } from '../e2e/support/sandbox.ts';
import { type Random, seeded } from '../simulation/random.ts';
import { startDeploy } from './deploy.ts';
import { startUsers } from './users.ts';

export type CrashOptions = {
  readonly deploys: number;
  /** The releases and the instants of the kills come from it. */
  readonly seed: number;
  /** On a busy machine there are fewer deploys: none is begun after so many milliseconds. Default: no limit. */
  readonly within?: number;
  readonly say: (line: string) => void;
};

export type CrashReport = {
  readonly deploys: number;
  readonly seed: number;
  readonly kills: number;
  readonly requests: number;
  /** Requests without a right answer. */
  readonly lost: number;
  readonly endings: Readonly<Record<string, number>>;
  readonly strategies: Readonly<Record<string, number>>;
  /** From a kill to the next agent's answer. */
  readonly slowest_restart_ms: number;
  /** From the last kill, or the answer at a gate, to the end of the rollout. */
  readonly slowest_end_ms: number;
  readonly violations: readonly string[];
};

/** How long a rollout takes about, in milliseconds: kills are spread over it. */
const typical = 2_500;

/** How long a rollout may take to end after the agent has come back. */
const patience = 60_000;

type Soak = {
  readonly real: Real;
  readonly world: World;
  readonly users: StrictClient;
  readonly random: Random;
  readonly counts: {
    kills: number;
    restart: number;
    end: number;
    readonly endings: Record<string, number>;
    readonly strategies: Record<string, number>;
  };
  readonly violations: string[];
};

/**
 * Deploys again and again under users' requests, by every strategy, good releases and bad ones, and kills the agent with
 * SIGKILL at random instants of each. After each one users, processes, ports and files must be as the model says.
 */
export async function crashSoak(t: Keeping, options: CrashOptions): Promise<CrashReport> {
  const { deploys, seed, say } = options;
  const soak = await begin(t, seeded(seed), say);
  const until = performance.now() + (options.within ?? Number.POSITIVE_INFINITY);
  let done = 0;
  while (done < deploys && performance.now() < until) {
    const line = await crashOnce(soak);
    done += 1;
    say(`${done}: ${line}`);
  }
  const traffic = await soak.users.stop();
  await soak.real.sandbox.stop();
  const { counts, violations } = soak;
  return {
    ...{ deploys: done, seed, kills: counts.kills, requests: traffic.requests, lost: traffic.failed },
    ...{ endings: counts.endings, strategies: counts.strategies },
    slowest_restart_ms: Math.round(counts.restart),
    slowest_end_ms: Math.round(counts.end),
    violations: [...violations, ...traffic.examples],
  };
}

const first: Wish = {
  ...{ strategy: 'blue-green', replicas: 1, worker: 'alone', fate: 'good', gate: 'none' },
  ...{ colour: 'red', keep: true },
};

async function begin(t: Keeping, random: Random, say: (line: string) => void): Promise<Soak> {
  const real = await openReal(t, say);
  const world = newWorld();
  const agent = await ensureAgent(real.sandbox.state.root);
  const { id, next } = await deploy({ real, world }, agent, first);
  const detail = await ended(agent, id);
  end(world, { wish: first, next, ending: detail.ending ?? 'stuck' });
  if (!detail.front) throw new Error('the first deploy has no front');
  const users = startUsers(detail.front);
  t.after(async () => void (await users.stop()));
  const counts = { kills: 0, restart: 0, end: 0, endings: {}, strategies: {} };
  return { real, world, users, random, counts, violations: [] };
}

async function deploy({ real, world }: Pick<Soak, 'real' | 'world'>, agent: Client, wish: Wish) {
  world.written += 1;
  world.agent = 'runs';
  world.settings = wish;
  const says = `r${world.written}`;
  await write(real, wish, { says, watch: 'for: 300ms, p99: 1000x' }); // A busy machine is no regression.
  const id = await startDeploy(agent, real.sandbox, wish);
  const next = revisionOf(wish, says);
  learn(real, next, await specOf(real, id));
  return { id, next };
}

/** Answers what happened, in a line. */
async function crashOnce(soak: Soak): Promise<string> {
  const { real, world, random, users, counts, violations } = soak;
  const wish = anyWish(random);
  const agent = await ensureAgent(real.sandbox.state.root);
  const { id, next } = await deploy(soak, agent, wish);
  const told = await killAndSee(soak, id);
  const ending = told.ending ?? 'stuck';
  end(world, { wish, next, ending });
  counts.endings[ending] = (counts.endings[ending] ?? 0) + 1;
  counts.strategies[wish.strategy] = (counts.strategies[wish.strategy] ?? 0) + 1;
  const what = `${Object.values(wish).join(' ')}: ${ending}${told.why ? ` (${told.why})` : ''}`;
  if (!mayEnd(wish, ending)) violations.push(`${next.says} ${what}`);
  await agree(world, real).catch((error) => violations.push(`${next.says} ${what}: ${messageOf(error)}`));
  const { requests, failed } = users.counts();
  return `${what}, ${failed} of ${requests} lost${violations.length > 0 ? `, ${violations.length} violations` : ''}`;
}

const anyWish = (random: Random): Wish => ({
  strategy: random.pick(['blue-green', 'blue-green', 'rolling', 'canary', 'in-place']),
  replicas: random.pick([1, 1, 2]),
  worker: random.pick(['none', 'none', 'overlap', 'alone']),
  fate: random.pick(['good', 'good', 'good', 'migrates', 'never-ready', 'fails-checks', 'fails-watched']),
  gate: random.pick(['none', 'none', 'none', 'none', 'approve']),
  colour: 'red',
  keep: random.chance(0.8),
});

/** A good release that somebody let through goes live, whatever happens to the agent; a bad one never does. */
function mayEnd({ fate, gate }: Wish, ending: string): boolean {
  if (ending === 'aborted') return gate === 'approve';
  if (fate === 'good' || fate === 'migrates') return ending === 'succeeded';
  return ending === 'rejected' || ending === 'rolled-back';
}

/** Kills the agent once, or twice in a row, answers a gate that is reached, and sees the rollout to its end. */
async function killAndSee(soak: Soak, id: string): Promise<RolloutDetail> {
  const { random, counts } = soak;
  let agent = await killAfter(soak, random.next() * typical);
  if (random.chance(0.25)) agent = await killAfter(soak, random.next() * 500);
  let since = performance.now();
  const told = await ended(agent, id, async (detail) => {
    await answer(agent, detail, random.chance(0.7));
    if (random.chance(0.3)) agent = await killAfter(soak, random.next() * 500);
    since = performance.now();
    return agent;
  });
  counts.end = Math.max(counts.end, performance.now() - since);
  return told;
}

async function answer(agent: Client, detail: RolloutDetail, goes: boolean): Promise<void> {
  const [status] = await agent.status({});
  if (!status) throw new Error('the agent knows no environment');
  const { project } = status;
  await agent[goes ? 'approve' : 'abort']({ project, environment: detail.environment, by: 'soak' });
}

async function killAfter({ real, counts }: Soak, ms: number): Promise<Client> {
  const { root } = real.sandbox.state;
  await sleep(ms);
  process.kill((await real.api.hello()).pid, 'SIGKILL');
  const began = performance.now();
  const agent = await ensureAgent(root);
  counts.kills += 1;
  counts.restart = Math.max(counts.restart, performance.now() - began);
  return agent;
}

/** Sees a rollout to its end; where it waits for a word, `answer` gives it and says which agent to ask from then on. */
async function ended(
  agent: Client,
  id: string,
  answer?: (detail: RolloutDetail) => Promise<Client>,
): Promise<RolloutDetail> {
  let from = agent;
  let isAnswered = false;
  const deadline = performance.now() + patience;
  for (;;) {
    const detail = await from.rollout({ id });
    if (detail.ending !== undefined) return detail;
    if (detail.waiting && answer && !isAnswered) {
      isAnswered = true;
      from = await answer(detail);
    }
    if (performance.now() > deadline) throw new Error(`${id} did not end within ${patience / 1000} s`);
    await sleep(50);
  }
}
