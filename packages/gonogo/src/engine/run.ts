import type { Input } from '../domain/decide.ts';
import type { Event, Intent } from '../domain/event.ts';
import { isRunning, type State } from '../domain/state.ts';
import { problem } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Leases } from '../ports/leases.ts';
import type { Performers } from '../ports/performer.ts';
import { type Ask, drive } from './drive.ts';
import { Inbox } from './inbox.ts';
import { carryOut } from './perform.ts';
import { Snapshots } from './snapshots.ts';
import { Tenure } from './tenure.ts';

export type EngineTools = {
  readonly journal: Journal;
  readonly leases: Leases;
  readonly clock: Clock;
  /** Who holds the lease, in words that identify this process. */
  readonly owner: string;
  readonly performers: Performers;
  /** Told after events are durable, with the state they made. */
  readonly onEvents: (events: readonly Event[], state: State) => void;
};

/** The engine of one environment, while it runs. */
export type Engine = {
  /** Resolves when the input's events are durable; fails when they cannot be made so. */
  submit(input: Input): Promise<void>;
  state(): State;
  /** Rejects with what stopped the engine for good: a lost lease, a disk that failed. */
  readonly stopped: Promise<never>;
};

type Letter = { readonly input: Input; readonly done: PromiseWithResolvers<void> };

/** Opens an environment: folds its journal from the last snapshot, looks at what was under way, carries on for ever. */
export async function runEngine(stream: string, tools: EngineTools): Promise<Engine> {
  const snapshots = new Snapshots(tools.journal, stream);
  const from = await snapshots.open();
  const history = await tools.journal.read(stream, from.seq);
  const shell = new Shell(stream, tools, snapshots);
  const loop = drive(history, () => tools.clock.wall(), from);
  const stopped = shell.run(loop);
  stopped.catch(() => undefined); // Whoever awaits `stopped` hears of it; nobody must.
  await shell.ready;
  return { submit: (input) => shell.submit(input), state: () => shell.state, stopped };
}

/** Does what `drive` asks: the only place where the engine meets time and promises. */
class Shell {
  readonly #stream: string;
  readonly #tools: EngineTools;
  readonly #tenure: Tenure;
  readonly #snapshots: Snapshots;
  readonly #inbox = new Inbox<Letter>();
  readonly #running = new Map<string, AbortController>();
  readonly #ready = Promise.withResolvers<void>();
  #state: State | undefined;
  readonly #death = Promise.withResolvers<never>();
  #letter: Letter | undefined;
  #unpublished: Event[] = [];
  #dead: unknown;

  constructor(stream: string, tools: EngineTools, snapshots: Snapshots) {
    this.#stream = stream;
    this.#tools = tools;
    this.#snapshots = snapshots;
    this.#tenure = new Tenure(tools.leases, tools.clock, { stream, owner: tools.owner });
    this.#death.promise.catch(() => undefined); // Heard by whoever waits; often nobody does.
    this.#ready.promise.catch(() => undefined);
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get state(): State {
    if (!this.#state)
      throw problem('INTERNAL', { what: `${this.#stream} was asked for its state before it had one` });
    return this.#state;
  }

  submit(input: Input): Promise<void> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    const done = Promise.withResolvers<void>();
    this.#inbox.put({ input, done });
    return done.promise;
  }

  async run(loop: ReturnType<typeof drive>): Promise<never> {
    try {
      let step = loop.next();
      for (;;) step = loop.next(await this.#answer(step.value));
    } catch (error) {
      this.#die(error);
      throw error;
    }
  }

  async #answer(ask: Ask): Promise<Input | undefined> {
    switch (ask.ask) {
      case 'next':
        return await this.#next(ask);
      case 'append':
        return await this.#append(ask);
      case 'begin':
        void this.#begin(ask.intent, ask.first);
        return undefined;
      case 'cancel':
        this.#running.get(ask.key)?.abort(new Error('the rollout goes back'));
        return undefined;
    }
  }

  async #next({ state, until }: Extract<Ask, { ask: 'next' }>): Promise<Input | undefined> {
    this.#publish(state);
    if (!isRunning(state) && state.pending.size === 0) {
      await this.#tenure.release();
      this.#snapshots.keep(state);
    }
    this.#letter?.done.resolve();
    this.#letter = await Promise.race([this.#inbox.take(this.#tools.clock, until), this.#death.promise]);
    return this.#letter?.input;
  }

  #publish(state: State): void {
    this.#state = state;
    this.#ready.resolve();
    const events = this.#unpublished;
    this.#unpublished = [];
    if (events.length > 0) this.#tools.onEvents(events, state);
  }

  async #append({ after, events }: Extract<Ask, { ask: 'append' }>): Promise<undefined> {
    await this.#tools.journal.append(this.#stream, after, await this.#tenure.fence(), events);
    this.#unpublished.push(...events);
  }

  async #begin(intent: Intent, first: 'look' | 'perform'): Promise<void> {
    const cancelled = new AbortController();
    this.#running.set(intent.key, cancelled);
    let fence: number;
    try {
      fence = await this.#tenure.verify();
    } catch (error) {
      this.#die(error); // Somebody else may act now: nothing more is done here.
      return;
    }
    const carry = { intent, first, fence, cancelled: cancelled.signal };
    const outcome = await carryOut(this.#tools.performers, this.#tools.clock, carry);
    this.#running.delete(intent.key);
    if (this.#dead !== undefined) return;
    await this.submit({ i: 'settled', key: intent.key, outcome }).catch(() => undefined); // `#die` has told why.
  }

  /** Stops for good: what is under way is given up, and everybody who waits is told. */
  #die(error: unknown): void {
    this.#dead ??= error;
    this.#tenure.abandon();
    for (const cancelled of this.#running.values()) cancelled.abort(error);
    this.#letter?.done.reject(error);
    for (const letter of this.#inbox.drain()) letter.done.reject(error);
    this.#ready.reject(error);
    this.#death.reject(error);
  }
}
