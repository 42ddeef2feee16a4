import { all, describeSplit } from '../../packages/gonogo/src/domain/split.ts';
import { wanted } from '../../packages/gonogo/src/domain/state.ts';
import type { Agent } from './agent/agent.ts';
import type { Simulation } from './simulation.ts';

/** Somebody opens the gate that waits. */
export function approve(simulation: Simulation): void {
  someAgent(simulation)?.inbox.push({ i: 'approve', by: 'somebody' });
}

/** Agents that stood still go on, as if no time had passed. */
export function resumeAll(simulation: Simulation): void {
  for (const agent of simulation.agents) {
    if (agent.isPaused) simulation.say(`${agent.name} comes back`);
    agent.isPaused = false;
  }
}

/** A stranger sends users elsewhere. */
export function meddle(simulation: Simulation): void {
  const { world, schedule } = simulation;
  const to = schedule.pick(['nobody', all('blue'), all('green')] as const);
  world.router.meddle(to, world.step);
  world.isHampered = true;
  simulation.say(`a stranger sends users to ${describeSplit(to)}`);
}

/** A second agent starts, where there are not two already. */
export function startAnother(simulation: Simulation): void {
  const others = simulation.agents.filter(({ isDead, isPaused }) => !isDead && !isPaused);
  if (others.length < 2) simulation.startAgent();
}

export function crashOne(simulation: Simulation): void {
  const agent = someAgent(simulation);
  if (agent) simulation.crash(agent);
}

/** All of a slot's instances fail at once, whatever they are. */
export function fallIll(simulation: Simulation): void {
  const { world, schedule } = simulation;
  const slot = schedule.pick(['blue', 'green'] as const);
  const health = schedule.pick(['unready', 'ended', 'erring'] as const);
  world.ail(world.runtime.web(slot)?.instances ?? [], health);
  if (slot === world.journal.state.live?.slot) world.isHampered = true;
  simulation.say(`what is in ${slot} falls ill`);
}

/** What keeps wanted pools alive does so, as far as the agent knows what is wanted. */
export function heal({ agents, world }: Simulation): void {
  const agent = agents.find((one) => !one.isDead && !one.isPaused && one.isFresh);
  if (agent?.state) world.heal(wanted(agent.state));
}

/** Any agent that lives and does not stand still. */
export function someAgent({ agents, schedule }: Simulation): Agent | undefined {
  const able = agents.filter(({ isDead, isPaused }) => !isDead && !isPaused);
  return able[schedule.below(able.length)];
}
