import { isGate } from '../../packages/gonogo/src/domain/course.ts';
import { openGates } from '../../packages/gonogo/src/domain/decide.ts';
import type { Event, Intent } from '../../packages/gonogo/src/domain/event.ts';
import type { Outcome } from '../../packages/gonogo/src/domain/plan.ts';
import { all, describeSplit, sameSplit } from '../../packages/gonogo/src/domain/split.ts';
import { isRunning, isStuck, rollbackTarget, wanted } from '../../packages/gonogo/src/domain/state.ts';
import { Agent, type Surroundings } from './agent/agent.ts';
import { Effect } from './agent/effect.ts';
import type { Coverage } from './coverage.ts';
import { chooseGateFault, chooseStrike, type Fault } from './faults.ts';
import { Invariants } from './invariants/invariants.ts';
import { kindOf } from './kind.ts';
import { type AnyPerformer, unknown } from './performers/call.ts';
import type { Schedule } from './schedule.ts';
import type { Report } from './simulate.ts';
import { type StruckGate, strikeGate, strikeNow } from './strike.ts';
import type { Subject } from './subject.ts';
import { describe, inWords } from './words.ts';
import { someCharacter } from './world/release.ts';
import { World } from './world/world.ts';

type Options = { readonly coverage: Coverage; readonly trace?: string[] };

/** How often a piece of work is struck by a fault, and how many steps a run may need to come to rest. */
const faultRate = 0.16;
const patience = 3_000;

/** Kinds of work that come seldom are struck more often. */
const rare = ['retire', 'take-back', 'still-works', 'undo still-works', 'undo ready', 'undo start'];
const rareFaultRate = 0.4;

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
  #asked = 0;
  /** The router's generation when each rollout was planned. */
  readonly #planned = new Map<string, number>();
  #gate: StruckGate | undefined;
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
    while (!this.invariants.violation && this.schedule.begin()) this.#step(() => this.#happen());
    this.#calmDown();
    for (let i = 0; i < patience && !this.invariants.violation && !this.#isQuiet(); i++)
      this.#step(() => this.#calmly());
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
      if (effect.agent === agent && effect.isVerified && this.schedule.chance(0.5)) this.#carryOn(effect);
    }
    this.effects = this.effects.filter((effect) => effect.agent !== agent);
  }

  /** A stranger sends users elsewhere. */
  meddle(): void {
    const to = this.schedule.pick(['nobody', all('blue'), all('green')] as const);
    this.world.router.meddle(to, this.world.step);
    this.world.isHampered = true;
    this.say(`a stranger sends users to ${describeSplit(to)}`);
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

  #step(happens: () => void): void {
    const { world, invariants } = this;
    world.step++;
    world.clock.pass(stepTakes);
    world.router.serve();
    world.database.pass(world.clock.mono);
    happens();
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
    if (fault) this.#gate = { agent, intent, fault, kind: 'ask' };
  }

  /** What was to go wrong at a gate that still waits goes wrong. */
  #strikeGate(): boolean {
    const gate = this.#gate;
    this.#gate = undefined;
    if (!gate || gate.agent.isDead || !this.world.journal.state.pending.has(gate.intent.key)) return false;
    strikeGate(this, gate);
    return true;
  }

  #happen(): void {
    if (this.#gate && this.#strikeGate()) return;
    const dice = this.schedule.next();
    if (dice < 0.83) this.#work();
    else if (dice < 0.87) this.#ask();
    else if (dice < 0.885) this.world.clock.pass(this.schedule.next() * 100_000);
    else if (dice < 0.9) this.#abort();
    else if (dice < 0.93) this.#resume();
    else if (dice < 0.945) this.#crashOne();
    else if (dice < 0.955) this.world.clock.jump((this.schedule.next() - 0.5) * 86_400_000);
    else if (dice < 0.96) this.meddle();
    else if (dice < 0.97) this.#fallIll();
    else if (dice < 0.98) this.#startAnother();
    else this.#heal();
  }

  /** From here on nothing goes wrong any more, and whatever was begun must come to an end. */
  #calmDown(): void {
    this.say('no more surprises');
    this.#gate = undefined;
    for (const effect of this.effects) effect.strike = undefined;
    this.#resume();
  }

  #calmly(): void {
    const { state } = this.world.journal;
    const hasWork = isRunning(state) || state.pending.size > 0;
    const isDriven = this.agents.some((agent) => !agent.isDead && (agent.isFresh || agent.isClaiming));
    if (hasWork && !isDriven) {
      for (const agent of this.agents.filter(({ isDead }) => !isDead).slice(1)) this.crash(agent);
      this.startAgent();
    } else if (!this.#workOnce()) this.#waitForNext();
  }

  #isQuiet(): boolean {
    const { state } = this.world.journal;
    if (isRunning(state) || state.pending.size > 0 || this.effects.length > 0) return false;
    return this.agents.every(({ isDead, inbox }) => isDead || inbox.length === 0);
  }

  /** Something goes on; where nothing can, somebody asks for something, or time passes. */
  #work(): void {
    if (this.#workOnce()) return;
    if (!this.agents.some(({ isDead, isPaused }) => !isDead && !isPaused)) this.startAgent();
    else if (!isRunning(this.world.journal.state) && !this.schedule.chance(0.55)) this.#ask();
    else if (openGates(this.world.journal.state).length > 0 && this.schedule.chance(0.5)) this.approve();
    else this.#waitForNext();
  }

  /** One effect goes on by a point, or one agent hears of something; false when there is nothing to do now. */
  #workOnce(): boolean {
    const { effects, agents } = this;
    const count = effects.length + agents.length;
    const start = this.schedule.below(count);
    for (let i = 0; i < count; i++) {
      const at = (start + i) % count;
      const effect = effects[at];
      const agent = effect ? undefined : agents[at - effects.length];
      if (effect && this.#carryOn(effect)) return true;
      if (agent && this.#hear(agent)) return true;
    }
    return false;
  }

  #hear(agent: Agent): boolean {
    if (agent.isReadyForInput) {
      agent.submit(agent.inbox.shift());
      return true;
    }
    if (agent.isDead || agent.isPaused || agent.wakeAt === undefined) return false;
    if (agent.wakeAt > this.world.clock.mono) return false;
    agent.submit(undefined);
    return true;
  }

  /** False when it cannot go on now. */
  #carryOn(effect: Effect): boolean {
    const { agent, strike } = effect;
    const { mono } = this.world.clock;
    if (agent.isPaused || effect.wakeAt > mono) return false;
    if (!effect.isVerified) {
      const fence = agent.hold();
      if (fence === undefined || !agent.verify()) return false;
      effect.begin(mono, fence);
      this.invariants.begun(effect.intent, { agent: agent.name, fence });
    }
    if (strike && strike.at === effect.point) {
      effect.strike = undefined;
      const outcome = strikeNow(this, effect, strike.fault);
      if (outcome) this.#finish(effect, outcome);
      if (outcome || effect.wakeAt > mono || agent.isDead || agent.isPaused) return true;
    }
    this.#advance(effect);
    return true;
  }

  #advance(effect: Effect): void {
    const kind = effect.intent.work.do;
    if (kind === 'ask') throw new TypeError('a gate is answered by people, not performed');
    const outcome = effect.advance(this, this.subject.performers[kind] as AnyPerformer);
    if (outcome) this.#over(effect, outcome);
  }

  /** An effect has an outcome, unless a fault has it otherwise. */
  #over(effect: Effect, outcome: Outcome): void {
    const fault = effect.strike?.at === Number.POSITIVE_INFINITY ? effect.strike.fault : undefined;
    effect.strike = undefined;
    if (fault) this.hit(fault, effect);
    if (fault === 'duplicated') effect.again(outcome);
    else if (fault === 'crash-after') this.crash(effect.agent);
    else this.#finish(effect, fault === 'lost-answer' ? unknown('the answer was lost') : outcome);
  }

  #finish(effect: Effect, outcome: Outcome): void {
    this.effects = this.effects.filter((other) => other !== effect);
    if (this.#trace)
      this.say(`${effect.agent.name}: ${effect.call.key} is ${outcome.is} (${outcome.why ?? ''})`);
    const { agent, call, earlier } = effect;
    if (agent.isDead) return;
    if (earlier) agent.inbox.push({ i: 'settled', key: call.key, outcome: earlier });
    agent.inbox.push({ i: 'settled', key: call.key, outcome });
  }

  /** Nothing can go on now: time passes until something can. */
  #waitForNext(): void {
    const { clock } = this.world;
    let next = Number.POSITIVE_INFINITY;
    for (const { agent, isVerified, wakeAt } of this.effects)
      if (!agent.isPaused && isVerified) next = Math.min(next, wakeAt);
    for (const { isDead, isPaused, wakeAt, claimEndsAt } of this.agents) {
      if (isDead || isPaused) continue;
      next = Math.min(next, wakeAt ?? next, claimEndsAt ?? next);
    }
    if (next === Number.POSITIVE_INFINITY) this.#resume();
    else clock.pass(Math.max(next - clock.mono, 0));
  }

  /** Somebody wants a deploy or a rollback. */
  #ask(): void {
    const agent = this.#someAgent();
    const state = agent?.state;
    if (!agent || !state || isRunning(state) || state.pending.size > 0 || agent.inbox.length > 0) return;
    const { world, schedule } = this;
    if (agent.isFresh && isStuck(state) && schedule.chance(0.5)) world.repair(state.live);
    const back = schedule.chance(0.25) ? rollbackTarget(state) : undefined;
    const id = this.#asked++;
    const revision = back?.revision ?? `r${id}`;
    if (!back) world.releases.set(revision, someCharacter(schedule));
    world.isQuiet = schedule.chance(0.3);
    this.#planned.set(`rollout-${id}`, world.router.generation);
    const asked = { id, revision, schedule, state, world };
    agent.inbox.push({ i: 'plan', ...this.subject.plan(back ? { ...asked, back } : asked) });
  }

  /** Somebody opens the gate that waits. */
  approve(): void {
    this.#someAgent()?.inbox.push({ i: 'approve', by: 'somebody' });
  }

  #abort(): void {
    this.#someAgent()?.inbox.push({ i: 'abort', by: 'somebody' });
  }

  #resume(): void {
    for (const agent of this.agents) {
      if (agent.isPaused) this.say(`${agent.name} comes back`);
      agent.isPaused = false;
    }
  }

  #crashOne(): void {
    const agent = this.#someAgent();
    if (agent) this.crash(agent);
  }

  #startAnother(): void {
    if (this.agents.filter(({ isDead }) => !isDead).length < 2) this.startAgent();
  }

  #fallIll(): void {
    const { runtime } = this.world;
    const slot = this.schedule.pick(['blue', 'green'] as const);
    this.world.ail(
      runtime.web(slot)?.instances ?? [],
      this.schedule.pick(['unready', 'ended', 'erring'] as const),
    );
    if (slot === this.world.journal.state.live?.slot) this.world.isHampered = true;
    this.say(`what is in ${slot} falls ill`);
  }

  #heal(): void {
    const agent = this.agents.find((one) => !one.isDead && !one.isPaused && one.isFresh);
    if (agent?.state) this.world.heal(wanted(agent.state));
  }

  #someAgent(): Agent | undefined {
    const able = this.agents.filter(({ isDead, isPaused }) => !isDead && !isPaused);
    return able[this.schedule.below(able.length)];
  }

  /** Users were moved between the planning of a rollout and its start. */
  #hasMovedSince(rollout: string): boolean {
    return this.#planned.get(rollout) !== this.world.router.generation;
  }

  /** What the journal says tells where users should be. */
  #heed(agent: Agent, event: Event): void {
    const { router, journal } = this.world;
    const { live } = journal.state;
    if (event.e === 'intended' && isGate(event.intent)) this.#gateAppears(agent, event.intent);
    if (event.e === 'planned')
      this.world.isHampered =
        router.displaced || this.world.isIll(live) || this.#hasMovedSince(event.spec.id);
    if (event.e === 'ended') this.#endings.push(event.as);
    if (event.e === 'ended' && event.as === 'stuck') router.displaced = true;
    else if (event.e === 'ended' && !router.meddled && live && sameSplit(router.served, all(live.slot)))
      router.displaced = false;
  }
}
