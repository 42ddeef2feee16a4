import type { Intent } from '../../packages/gonogo/src/domain/event.ts';
import type { Outcome } from '../../packages/gonogo/src/domain/plan.ts';
import type { Agent } from './agent/agent.ts';
import type { Effect } from './agent/effect.ts';
import type { Fault } from './faults.ts';
import { approve, meddle, startAnother } from './interventions.ts';
import { failed } from './performers/call.ts';
import type { Simulation } from './simulation.ts';

/** Lets a fault strike a piece of work that is under way; answers its outcome if that is over now. */
export function strikeNow(simulation: Simulation, effect: Effect, fault: Fault): Outcome | undefined {
  if (fault === 'degraded' && !degrade(simulation, effect)) return undefined;
  simulation.hit(fault, effect);
  return strikes[fault]?.(simulation, effect) ?? undefined;
}

// biome-ignore lint/suspicious/noConfusingVoidType: most faults change the world and answer nothing.
type Strikes = { readonly [F in Fault]?: (simulation: Simulation, struck: Struck) => Outcome | void };

/** What a fault needs of what it strikes. */
type Struck = Pick<Effect, 'agent' | 'intent'> & Partial<Pick<Effect, 'delay' | 'hang'>>;

const strikes: Strikes = {
  failed: ({ world }) => failed('it failed', [world.evidence.put()]),
  'half-done': ({ world }, { intent }) => {
    world.database.stop(intent.key);
    return failed('it failed half-way');
  },
  slow: (_simulation, struck) => struck.delay?.(struck.intent.within / 2),
  hung: (_simulation, struck) => struck.hang?.(),
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
  'router-changed': (simulation) => meddle(simulation),
};

/** A gate that waits, and what goes wrong there. */
export type StruckGate = {
  readonly agent: Agent;
  readonly intent: Intent;
  readonly kind: string;
  readonly fault: Fault;
};

/** Lets a fault strike while a gate waits for an answer. */
export function strikeGate(simulation: Simulation, gate: StruckGate): void {
  const { fault, agent, intent } = gate;
  if (fault === 'degraded' && !degrade(simulation, gate)) return;
  simulation.hit(fault, gate);
  if (fault === 'hung') simulation.world.clock.pass(intent.within);
  else if (fault === 'duplicated') for (let i = 0; i < 2; i++) approve(simulation);
  else if (fault !== 'degraded') strikes[fault]?.(simulation, { agent, intent });
}

/** What the rollout brings, or what serves now, begins to fail; false when there is nothing that could. */
function degrade({ world, schedule }: Simulation, { intent }: Struck): boolean {
  const { rollout, live } = world.journal.state;
  const placed = intent.rollout === undefined ? live : rollout?.spec.next;
  const pool = placed && world.runtime.web(placed.slot);
  if (!pool || pool.revision !== placed.revision || pool.instances.length === 0) return false;
  const health = schedule.pick(['erring', 'unready', 'ended'] as const);
  world.ail(schedule.chance(0.5) ? pool.instances.slice(0, 1) : pool.instances, health);
  return true;
}
