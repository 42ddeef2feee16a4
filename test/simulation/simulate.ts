import type { Input } from '../../packages/gonogo/src/domain/decide.ts';
import type { Event, Intent } from '../../packages/gonogo/src/domain/event.ts';
import type { Outcome } from '../../packages/gonogo/src/domain/plan.ts';
import { emptyState, isRunning, rollbackTarget, type State } from '../../packages/gonogo/src/domain/state.ts';
import { drive } from '../../packages/gonogo/src/engine/drive.ts';
import { invariants } from './invariants.ts';
import { type Random, seeded } from './random.ts';
import { wishFor } from './wish.ts';
import { chooseFault, World } from './world.ts';

export type Report = {
  readonly seed: number;
  readonly events: number;
  readonly crashes: number;
  readonly faults: number;
  readonly rollouts: number;
  readonly endings: readonly string[];
  readonly violation?: {
    readonly invariant: string;
    readonly what: string;
    readonly trace: readonly string[];
  };
};

type Effect = { readonly intent: Intent; readonly first: 'look' | 'perform' };
type Loop = ReturnType<typeof drive>;

/** How many things happen in a run before faults end and everything must come to rest. */
const length = 120;

/** What is simulated: the real engine and strategies, or ones with a planted mistake. */
export type Subject = { readonly drive: typeof drive; readonly plan: typeof wishFor };

/** One life of an environment under random deploys, rollbacks, aborts, faults and crashes; the same for the same seed. */
export const simulate = (seed: number, planted: Partial<Subject> = {}): Report =>
  new Simulation(seed, { drive, plan: wishFor, ...planted }).run();

class Simulation {
  readonly #seed: number;
  readonly #random: Random;
  readonly #subject: Subject;
  readonly #world = new World();
  readonly #journal: Event[] = [];
  readonly #trace: string[] = [];
  #effects: Effect[] = [];
  #settled: Input[] = [];
  #loop: Loop;
  #state: State = emptyState;
  #now = 1_000_000;
  #crashes = 0;
  #faults = 0;
  #asked = 0;
  #violation: Report['violation'];

  constructor(seed: number, subject: Subject) {
    this.#seed = seed;
    this.#random = seeded(seed);
    this.#subject = subject;
    this.#loop = this.#start();
  }

  run(): Report {
    for (let i = 0; i < length && !this.#violation; i++) this.#happen();
    for (let i = 0; i < 10 * length && !this.#violation && !this.#isQuiet(); i++) this.#calmly();
    if (!this.#violation && !this.#isQuiet()) this.#violate('every rollout ends', 'it never came to rest');
    return {
      seed: this.#seed,
      events: this.#journal.length,
      crashes: this.#crashes,
      faults: this.#faults,
      rollouts: this.#asked,
      endings: this.#journal.flatMap((event) => (event.e === 'ended' ? [event.as] : [])),
      ...(this.#violation ? { violation: this.#violation } : {}),
    };
  }

  #isQuiet(): boolean {
    return !isRunning(this.#state) && this.#effects.length === 0 && this.#settled.length === 0;
  }

  #happen(): void {
    const dice = this.#random.next();
    if (dice < 0.03) this.#crash();
    else if (dice < 0.05) this.#submit({ i: 'abort', by: 'somebody' });
    else if (dice < 0.08) this.#pass(this.#random.next() * 100_000);
    else if (!isRunning(this.#state) && dice < 0.5) this.#ask();
    else this.#work(0.12);
  }

  #calmly(): void {
    if (this.#effects.length > 0 || this.#settled.length > 0) this.#work(0);
    else this.#pass(1_000);
  }

  /** Somebody wants a deploy or a rollback. */
  #ask(): void {
    if (this.#state.rollout?.ended?.as === 'stuck') this.#world.repair(this.#state.live);
    const target = this.#random.chance(0.25) ? rollbackTarget(this.#state) : undefined;
    const asked = { id: this.#asked++, random: this.#random, state: this.#state, world: this.#world };
    const wish = this.#subject.plan(target ? { ...asked, target } : asked);
    if (!target && this.#random.chance(0.3)) this.#world.bad.add(wish.spec.next.revision);
    this.#say(`asked for ${wish.spec.kind} ${wish.spec.settings.strategy} of ${wish.spec.next.revision}`);
    this.#submit({ i: 'plan', ...wish });
  }

  /** An effect happens, or its answer arrives. */
  #work(faultRate: number): void {
    const effect = this.#settled.length > 0 && this.#random.chance(0.5) ? undefined : this.#effects.shift();
    const answer = effect ? undefined : this.#settled.shift();
    if (answer) this.#submit(answer);
    if (!effect) return;
    const outcome = this.#carryOut(effect, faultRate);
    this.#settled.push({ i: 'settled', key: effect.intent.key, outcome });
    this.#check();
  }

  #carryOut({ intent, first }: Effect, faultRate: number): Outcome {
    if (first === 'look') {
      const seen = this.#world.look(intent);
      if (seen !== 'not-begun' && seen.is !== 'unknown') return seen;
    }
    const fault = chooseFault(this.#random, faultRate);
    if (fault !== 'none') this.#faults++;
    const outcome = this.#world.perform(intent.work, fault);
    this.#say(`${intent.direction} ${intent.step} ${intent.work.do}: ${outcome.is} (${fault})`);
    return outcome;
  }

  /** The agent dies between two of its steps; what it had begun may or may not have happened. */
  #crash(): void {
    this.#crashes++;
    for (const { intent } of this.#effects) {
      if (this.#random.chance(0.5)) this.#world.perform(intent.work, chooseFault(this.#random, 0.3));
    }
    this.#say('crash');
    this.#effects = [];
    this.#settled = [];
    this.#loop = this.#start();
    this.#check();
  }

  #pass(ms: number): void {
    this.#now += ms;
    this.#submit({ i: 'tick' });
  }

  #start(): Loop {
    const loop = this.#subject.drive(this.#journal, () => this.#now);
    this.#advance(loop, undefined);
    return loop;
  }

  #submit(input: Input): void {
    this.#advance(this.#loop, input);
    this.#check();
  }

  /** Lets the engine run until it waits for the next input. */
  #advance(loop: Loop, input: Input | undefined): void {
    for (let step = loop.next(input); ; step = loop.next()) {
      const ask = step.value;
      if (ask.ask === 'next') {
        this.#state = ask.state;
        return;
      }
      if (ask.ask === 'append') this.#journal.push(...ask.events);
      if (ask.ask === 'append') for (const event of ask.events) this.#say(describe(event));
      if (ask.ask === 'begin') this.#begin(ask);
    }
  }

  #begin(effect: Effect): void {
    const journalled = this.#journal.some(
      (event) => event.e === 'intended' && event.intent.key === effect.intent.key,
    );
    if (!journalled)
      this.#violate('nothing is done that is not journalled', `${effect.intent.key} was begun first`);
    this.#effects.push(effect);
  }

  #check(): void {
    for (const [name, holds] of Object.entries(invariants)) {
      const what = holds({ state: this.#state, world: this.#world, journal: this.#journal });
      if (what !== undefined) this.#violate(name, what);
    }
  }

  #violate(invariant: string, what: string): void {
    this.#violation ??= { invariant, what, trace: this.#trace.slice(-40) };
  }

  #say(what: string): void {
    this.#trace.push(what);
  }
}

function describe(event: Event): string {
  if (event.e === 'intended') return `intended ${event.intent.key}`;
  if (event.e === 'settled') return `settled ${event.key} ${event.outcome.is}`;
  return event.e === 'ended' ? `ended ${event.as}` : event.e;
}
