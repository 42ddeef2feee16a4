import type { Outcome } from '../../packages/gonogo/src/domain/plan.ts';
import type { Effect } from './agent/effect.ts';
import type { Fault } from './faults.ts';
import { failed } from './performers/call.ts';
import type { Simulation } from './simulation.ts';

/** Lets a fault strike a piece of work that is under way; answers its outcome if that is over now. */
export function strikeNow(simulation: Simulation, effect: Effect, fault: Fault): Outcome | undefined {
  if (fault === 'degraded' && !degrade(simulation, effect)) return undefined;
  simulation.hit(fault, effect);
  return strikes[fault]?.(simulation, effect) ?? undefined;
}

// biome-ignore lint/suspicious/noConfusingVoidType: most faults change the world and answer nothing.
type Strikes = { readonly [F in Fault]?: (simulation: Simulation, effect: Effect) => Outcome | void };

const strikes: Strikes = {
  failed: ({ world }) => failed('it failed', [world.evidence.put()]),
  'half-done': () => failed('it failed half-way'),
  slow: (_simulation, effect) => effect.delay(effect.intent.within / 2),
  hung: (_simulation, effect) => effect.hang(),
  'crash-before': (simulation, { agent }) => simulation.crash(agent),
  'crash-during': (simulation, { agent }) => simulation.crash(agent),
  'clock-forward': ({ world, schedule }) => world.clock.jump(schedule.next() * 86_400_000),
  'clock-back': ({ world, schedule }) => world.clock.jump(-schedule.next() * 86_400_000),
  'second-agent': (simulation) => startAnother(simulation),
  takeover: (simulation, { agent }) => {
    agent.isPaused = true;
    simulation.say(`${agent.name} stands still`);
    startAnother(simulation);
  },
  'router-changed': (simulation) => simulation.meddle(),
};

function startAnother(simulation: Simulation): void {
  const others = simulation.agents.filter(({ isDead, isPaused }) => !isDead && !isPaused);
  if (others.length < 2) simulation.startAgent();
}

/** What the rollout brings, or what serves now, begins to fail; false when there is nothing that could. */
function degrade({ world, schedule }: Simulation, { intent }: Effect): boolean {
  const { rollout, live } = world.journal.state;
  const placed = intent.rollout === undefined ? live : rollout?.spec.next;
  const pool = placed && world.runtime.web(placed.slot);
  if (!pool || pool.revision !== placed.revision || pool.instances.length === 0) return false;
  const health = schedule.pick(['erring', 'unready', 'ended'] as const);
  world.ail(schedule.chance(0.5) ? pool.instances.slice(0, 1) : pool.instances, health);
  return true;
}
