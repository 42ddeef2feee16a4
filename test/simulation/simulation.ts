import { isGate } from '../../packages/gonogo/src/domain/course.ts';
import type { Event, Intent } from '../../packages/gonogo/src/domain/event.ts';
import { all, sameSplit } from '../../packages/gonogo/src/domain/split.ts';
import { isRunning } from '../../packages/gonogo/src/domain/state.ts';
import { Agent, type Surroundings } from './agent/agent.ts';
import { Effect } from './agent/effect.ts';
import type { Coverage } from './coverage.ts';
import { chooseGateFault, chooseStrike, type Fault } from './faults.ts';
import { happen } from './happenings.ts';
import { resumeAll } from './interventions.ts';
import { Invariants } from './invariants/invariants.ts';
import { kindOf } from './kind.ts';
import type { Schedule } from './schedule.ts';
import type { Report } from './simulate.ts';
import type { StruckGate } from './strike.ts';
import type { Subject } from './subject.ts';
import { describe, inWords } from './words.ts';
import { calmly, carryOn } from './work.ts';
import { World } from './world/world.ts';

type Options = { readonly coverage: Coverage; readonly trace?: string[] };

/** How often a piece of work is struck by a fault, and how many steps a run may need to come to rest. */
const faultRate = 0.16;
const patience = 3_000;

/** Kinds of work that come seldom are struck more often. */
const rare = ['retire', 'take-back', 'still-works', 'undo still-works', 'undo ready', 'undo start', 'stop'];
const rareFaultRate = 0.6;

/** How much time passes with every step, in milliseconds. */
const stepTakes = 10;

/** One run: agents, their effects, users and the rest of the world, one thing at a time. */
export class Simulation implements Surroundings {
  readonly world = new World();
  readonly invariants: Invariants;
  readonly schedule: Schedule;
  readonly subject: Subject;
  agents: Agent[] = [];
  effects: Effect[] = [];
  crashes = 0;
  faults = 0;
  readonly #coverage: Coverage;
  readonly #trace: string[] | undefined;
  readonly #dead = new Set<string>();
  readonly #endings: string[] = [];
  /** How many rollouts were asked for, and the router's generation when each was planned. */
  asked = 0;
  readonly planned = new Map<string, number>();
  /** What will go wrong at the gate that waits. */
  gate: StruckGate | undefined;
  #started = 0;

  constructor(schedule: Schedule, subject: Subject, { coverage, trace }: Options) {
    this.schedule = schedule;
    this.subject = subject;
    this.#coverage = coverage;
    this.#trace = trace;
    this.invariants = new Invariants(this.world, trace && ((touch) => this.say(inWords(touch))));
  }

  run(): Report {
    this.startAgent();
    while (!this.invariants.violation && this.schedule.begin()) this.#step(happen);
    this.#calmDown();
    for (let i = 0; i < patience && !this.invariants.violation && !this.#isQuiet(); i++) this.#step(calmly);
    if (!this.#isQuiet()) this.invariants.neverEnded('it never came to rest');
    const { violation } = this.invariants;
    if (violation) this.say(`breaks "${violation.invariant}": ${violation.what}`);
    const { crashes, faults } = this;
    const { step, journal } = this.world;
    const report = { steps: step, events: journal.events.length, crashes, faults, endings: this.#endings };
    return violation ? { ...report, violation } : report;
  }

  say(what: string): void {
    this.#trace?.push(what);
  }

  /** A fault has struck. */
  hit(fault: Fault, effect: Pick<Effect, 'kind' | 'intent'>): void {
    this.faults++;
    if (effect.intent.direction === 'undo') this.world.isHampered = true;
    this.#coverage.hit(fault, effect.kind);
    if (this.#trace) this.say(`${fault} strikes ${effect.intent.key}`);
  }

  startAgent(): Agent {
    this.agents = this.agents.filter(({ isDead }) => !isDead);
    const agent = new Agent(`agent-${this.#started++}`, this);
    this.agents.push(agent);
    this.say(`${agent.name} starts`);
    agent.start();
    return agent;
  }

  /** The process is killed; what is on its way may still arrive. */
  crash(agent: Agent): void {
    if (agent.isDead) return;
    this.crashes++;
    agent.isDead = true;
    this.#dead.add(agent.name);
    this.say(`${agent.name} is killed`);
    for (const effect of this.effects) {
      effect.strike = undefined;
      if (effect.agent === agent && effect.isVerified && this.schedule.chance(0.5)) carryOn(this, effect);
    }
    this.effects = this.effects.filter((effect) => effect.agent !== agent);
  }

  isKnownDead(owner: string): boolean {
    return this.#dead.has(owner) && this.schedule.chance(0.7);
  }

  died(agent: Agent, why: string): void {
    this.#dead.add(agent.name);
    this.say(`${agent.name} stops: ${why}`);
    for (const effect of this.effects) if (effect.agent === agent) effect.call.cancelled = true;
    this.effects = this.effects.filter((effect) => effect.agent !== agent || effect.isVerified);
  }

  append(agent: Agent, { after, events }: Parameters<Surroundings['append']>[1]): string | undefined {
    const { journal } = this.world;
    const actor = { agent: agent.name, fence: agent.fence ?? 0 };
    const refusal = journal.refusal(after, actor.fence);
    if (refusal !== undefined) return refusal;
    this.invariants.appending(actor);
    for (const event of events) {
      const before = journal.state;
      journal.append(event);
      if (this.#trace) this.say(`${agent.name}: ${describe(event)}`);
      this.#heed(agent, event);
      this.invariants.journalled(event, before);
    }
    return undefined;
  }

  begin(agent: Agent, { intent, first }: Parameters<Surroundings['begin']>[1]): void {
    this.invariants.asked(intent);
    const kind = kindOf(intent);
    const strike = chooseStrike(this.schedule, rare.includes(kind) ? rareFaultRate : faultRate);
    this.#coverage.row(kind);
    if (strike?.fault === 'crash-unbegun') {
      this.hit('crash-unbegun', { intent, kind });
      this.crash(agent);
      return;
    }
    this.effects.push(new Effect(agent, intent, { first, kind, strike, since: this.world.step }));
  }

  cancel(agent: Agent, key: string): void {
    for (const { agent: whose, call } of this.effects)
      if (whose === agent && call.key === key) call.cancelled = true;
  }

  #step(happens: (simulation: Simulation) => void): void {
    const { world, invariants } = this;
    world.step++;
    world.clock.pass(stepTakes);
    world.router.serve();
    world.database.pass(world.clock.mono);
    happens(this);
    for (const agent of this.agents) agent.pass();
    const answer = world.users.ask();
    invariants.answered(answer);
    invariants.always();
    if (answer !== 'nobody' && answer.errs && answer.health === 'well') world.ail([answer], 'erring');
  }

  /** Somebody is asked whether the rollout may go on; that too can go wrong. */
  #gateAppears(agent: Agent, intent: Intent): void {
    this.#coverage.row('ask');
    const fault = chooseGateFault(this.schedule, faultRate);
    if (fault) this.gate = { agent, intent, fault, kind: 'ask' };
  }

  /** From here on nothing goes wrong any more, and whatever was begun must come to an end. */
  #calmDown(): void {
    this.say('no more surprises');
    this.gate = undefined;
    for (const effect of this.effects) effect.strike = undefined;
    resumeAll(this);
  }

  #isQuiet(): boolean {
    const { state } = this.world.journal;
    if (isRunning(state) || state.pending.size > 0 || this.effects.length > 0) return false;
    return this.agents.every(({ isDead, inbox }) => isDead || inbox.length === 0);
  }

  /** What the journal says tells where users should be. */
  #heed(agent: Agent, event: Event): void {
    const { router, journal } = this.world;
    const { live } = journal.state;
    if (event.e === 'intended' && isGate(event.intent)) this.#gateAppears(agent, event.intent);
    if (event.e === 'planned')
      this.world.isHampered =
        router.displaced || this.world.isIll(live) || this.planned.get(event.spec.id) !== router.generation;
    if (event.e === 'ended') this.#endings.push(event.as);
    if (event.e === 'ended' && event.as === 'stuck') router.displaced = true;
    else if (event.e === 'ended' && !router.meddled && live && sameSplit(router.served, all(live.slot)))
      router.displaced = false;
  }
}
