import { openGates } from '../../packages/gonogo/src/domain/decide.ts';
import { isRunning, isStuck, rollbackTarget } from '../../packages/gonogo/src/domain/state.ts';
import {
  approve,
  crashOne,
  fallIll,
  heal,
  meddle,
  resumeAll,
  someAgent,
  startAnother,
} from './interventions.ts';
import type { Simulation } from './simulation.ts';
import { strikeGate } from './strike.ts';
import { waitForNext, workOnce } from './work.ts';
import { someCharacter } from './world/release.ts';

/** One thing happens, by the schedule's dice; most often somebody's work goes on. */
export function happen(simulation: Simulation): void {
  if (simulation.gate && strikeOpenGate(simulation)) return;
  const { schedule, world } = simulation;
  const dice = schedule.next();
  if (dice < 0.83) work(simulation);
  else if (dice < 0.87) ask(simulation);
  else if (dice < 0.885) world.clock.pass(schedule.next() * 100_000);
  else if (dice < 0.9) someAgent(simulation)?.inbox.push({ i: 'abort', by: 'somebody' });
  else if (dice < 0.93) resumeAll(simulation);
  else if (dice < 0.945) crashOne(simulation);
  else if (dice < 0.955) world.clock.jump((schedule.next() - 0.5) * 86_400_000);
  else if (dice < 0.96) meddle(simulation);
  else if (dice < 0.97) fallIll(simulation);
  else if (dice < 0.98) startAnother(simulation);
  else heal(simulation);
}

/** What was to go wrong at a gate that still waits goes wrong; false when it waits no more. */
function strikeOpenGate(simulation: Simulation): boolean {
  const { gate, world } = simulation;
  simulation.gate = undefined;
  if (!gate || gate.agent.isDead || !world.journal.state.pending.has(gate.intent.key)) return false;
  strikeGate(simulation, gate);
  return true;
}

/** Something goes on; where nothing can, somebody asks for something, or time passes. */
function work(simulation: Simulation): void {
  if (workOnce(simulation)) return;
  const { agents, schedule, world } = simulation;
  const { state } = world.journal;
  if (!agents.some(({ isDead, isPaused }) => !isDead && !isPaused)) simulation.startAgent();
  else if (!isRunning(state) && !schedule.chance(0.55)) ask(simulation);
  else if (openGates(state).length > 0 && schedule.chance(0.5)) approve(simulation);
  else waitForNext(simulation);
}

/** Somebody wants a deploy or a rollback. */
function ask(simulation: Simulation): void {
  const { world, schedule } = simulation;
  const agent = someAgent(simulation);
  const state = agent?.state;
  if (!agent || !state || isRunning(state) || state.pending.size > 0 || agent.inbox.length > 0) return;
  if (agent.isFresh && isStuck(state) && schedule.chance(0.5)) world.repair(state.live);
  const back = schedule.chance(0.25) ? rollbackTarget(state) : undefined;
  const id = simulation.asked++;
  const revision = back?.revision ?? `r${id}`;
  if (!back) world.releases.set(revision, someCharacter(schedule));
  world.isQuiet = schedule.chance(0.3);
  simulation.planned.set(`rollout-${id}`, world.router.generation);
  const asked = { id, revision, schedule, state, world };
  agent.inbox.push({ i: 'plan', ...simulation.subject.plan(back ? { ...asked, back } : asked) });
}
