import type { Outcome } from '../../packages/gonogo/src/domain/plan.ts';
import { isRunning } from '../../packages/gonogo/src/domain/state.ts';
import type { Agent } from './agent/agent.ts';
import type { Effect } from './agent/effect.ts';
import { resumeAll } from './interventions.ts';
import { type AnyPerformer, unknown } from './performers/call.ts';
import type { Simulation } from './simulation.ts';
import { strikeNow } from './strike.ts';

/** One effect goes on by a point, or one agent hears of something; false when there is nothing to do now. */
export function workOnce(simulation: Simulation): boolean {
  const { effects, agents, schedule } = simulation;
  const count = effects.length + agents.length;
  const start = schedule.below(count);
  for (let i = 0; i < count; i++) {
    const at = (start + i) % count;
    const effect = effects[at];
    const agent = effect ? undefined : agents[at - effects.length];
    if (effect && carryOn(simulation, effect)) return true;
    if (agent && hear(simulation, agent)) return true;
  }
  return false;
}

/** Nothing surprising happens: work goes on, an agent that is missing is started, or time passes. */
export function calmly(simulation: Simulation): void {
  const { agents, world } = simulation;
  const { state } = world.journal;
  const hasWork = isRunning(state) || state.pending.size > 0;
  const isDriven = agents.some((agent) => !agent.isDead && (agent.isFresh || agent.isClaiming));
  if (!hasWork || isDriven) {
    if (!workOnce(simulation)) waitForNext(simulation);
    return;
  }
  for (const agent of agents.filter(({ isDead }) => !isDead).slice(1)) simulation.crash(agent);
  simulation.startAgent();
}

/** Nothing can go on now: time passes until something can. */
export function waitForNext(simulation: Simulation): void {
  const { clock } = simulation.world;
  let next = Number.POSITIVE_INFINITY;
  for (const { agent, isVerified, wakeAt } of simulation.effects)
    if (!agent.isPaused && isVerified) next = Math.min(next, wakeAt);
  for (const { isDead, isPaused, wakeAt, claimEndsAt } of simulation.agents) {
    if (isDead || isPaused) continue;
    next = Math.min(next, wakeAt ?? next, claimEndsAt ?? next);
  }
  if (next === Number.POSITIVE_INFINITY) resumeAll(simulation);
  else clock.pass(Math.max(next - clock.mono, 0));
}

/** Lets an effect go on to its next point; false when it cannot now. */
export function carryOn(simulation: Simulation, effect: Effect): boolean {
  const { agent, strike } = effect;
  const { mono } = simulation.world.clock;
  if (agent.isPaused || effect.wakeAt > mono) return false;
  if (!effect.isVerified && !verify(simulation, effect)) return false;
  if (strike && strike.at === effect.point) {
    effect.strike = undefined;
    const outcome = strikeNow(simulation, effect, strike.fault);
    if (outcome) finish(simulation, effect, outcome);
    if (outcome || effect.wakeAt > mono || agent.isDead || agent.isPaused) return true;
  }
  advance(simulation, effect);
  return true;
}

/** The lease is asked for again before every effect. */
function verify({ invariants, world }: Simulation, effect: Effect): boolean {
  const { agent } = effect;
  const fence = agent.hold();
  if (fence === undefined || !agent.verify()) return false;
  effect.begin(world.clock.mono, fence);
  invariants.begun(effect.intent, { agent: agent.name, fence });
  return true;
}

function advance(simulation: Simulation, effect: Effect): void {
  const kind = effect.intent.work.do;
  if (kind === 'ask') throw new TypeError('a gate is answered by people, not performed');
  const outcome = effect.advance(simulation, simulation.subject.performers[kind] as AnyPerformer);
  if (outcome) over(simulation, effect, outcome);
}

/** An effect has an outcome, unless a fault has it otherwise. */
function over(simulation: Simulation, effect: Effect, outcome: Outcome): void {
  const fault = effect.strike?.at === Number.POSITIVE_INFINITY ? effect.strike.fault : undefined;
  effect.strike = undefined;
  if (fault) simulation.hit(fault, effect);
  if (fault === 'duplicated') effect.again(outcome);
  else if (fault === 'crash-after') simulation.crash(effect.agent);
  else finish(simulation, effect, fault === 'lost-answer' ? unknown('the answer was lost') : outcome);
}

function finish(simulation: Simulation, effect: Effect, outcome: Outcome): void {
  const { agent, call, earlier } = effect;
  simulation.effects = simulation.effects.filter((other) => other !== effect);
  simulation.say(`${agent.name}: ${call.key} is ${outcome.is} (${outcome.why ?? ''})`);
  if (agent.isDead) return;
  if (earlier) agent.inbox.push({ i: 'settled', key: call.key, outcome: earlier });
  agent.inbox.push({ i: 'settled', key: call.key, outcome });
}

/** An agent hears of what waits for it, or of the time; false when nothing does. */
function hear({ world }: Simulation, agent: Agent): boolean {
  if (agent.isReadyForInput) {
    agent.submit(agent.inbox.shift());
    return true;
  }
  if (agent.isDead || agent.isPaused || agent.wakeAt === undefined) return false;
  if (agent.wakeAt > world.clock.mono) return false;
  agent.submit(undefined);
  return true;
}
