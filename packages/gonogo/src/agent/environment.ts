import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../api/contract.ts';
import type { Assembly } from '../assemble.ts';
import type { CheckResult } from '../domain/check.ts';
import { hasFlipped, rolloutOf, stepOf } from '../domain/course.ts';
import { openGates, retireWithin } from '../domain/decide.ts';
import type { Event, Placed } from '../domain/event.ts';
import { releaseName } from '../domain/release.ts';
import { followsLoad, isRunning, type State, wanted } from '../domain/state.ts';
import type { Target } from '../domain/target.ts';
import { messageOf, problem } from '../errors.ts';
import type { Logger } from '../system/log.ts';
import { Mutex } from '../system/mutex.ts';
import { Broadcast } from './follow.ts';
import { planIdOf } from './plan-id.ts';
import { restoreFront } from './restore.ts';

type Engine = Awaited<ReturnType<Assembly['openEngine']>>;
type Supervisor = ReturnType<Assembly['supervise']>;
type Wish = Parameters<Assembly['plan']>[1];

type Starting = { readonly planId?: string | undefined; readonly gone?: AbortSignal | undefined };

/** How long a deploy waits for housekeeping (the retiring of an old slot) that is under way: it ends by itself. */
const housekeepingWithin = retireWithin + 60_000;

/** How long a rollback waits for the end of what it has aborted. */
const patience = 60_000;

/** What could not be looked after is tried again after this long. */
const lookAgainAfter = 1000;

/** One environment while the agent lives: its engine, who looks after its instances, and who follows its rollouts. */
export class Environment {
  readonly #assembly: Assembly;
  readonly #log: Logger;
  readonly #starting = new Mutex();
  readonly #looking = new Mutex();
  readonly #followed = new Map<string, Broadcast>();
  #engine: Engine | undefined;
  #broken: string | undefined;
  #supervisor: Supervisor | undefined;
  /** Why instances are not looked after. */
  #unseen: string | undefined;
  #lookingAgain: NodeJS.Timeout | undefined;
  #closed = false;
  #serving: Promise<void> = Promise.resolve();

  private constructor(assembly: Assembly, log: Logger) {
    this.#assembly = assembly;
    this.#log = log;
  }

  /** Folds the journal and carries on with what was under way; what serves is soon looked after. */
  static async open(assembly: Assembly, stream: string, log: Logger): Promise<Environment> {
    const environment = new Environment(assembly, log);
    const engine = await assembly.openEngine(stream, {
      onEvents: (events, state) => environment.#hear(events, state),
      onCheck: (key, result) => environment.#hearCheck(key, result),
    });
    environment.#engine = engine;
    engine.stopped.catch((error) => {
      environment.#broken = messageOf(error);
      for (const broadcast of environment.#followed.values()) broadcast.fail(error);
      log.error('the engine of an environment stopped', { stream, why: messageOf(error) });
    });
    await environment.#resume(engine.state());
    return environment;
  }

  /** Why its engine stopped for good; undefined while it runs. */
  get broken(): string | undefined {
    return this.#broken;
  }

  get state(): State {
    return this.#open.state();
  }

  /** What its supervisor knows; undefined before there is one. */
  get report(): ReturnType<Supervisor['report']> | undefined {
    return this.#supervisor?.report();
  }

  /** Settles when what served before this agent serves again: what is planned earlier is planned for another world. */
  get serving(): Promise<void> {
    return this.#serving;
  }

  get #open(): Engine {
    if (!this.#engine) throw problem('INTERNAL', { what: 'an environment was used before it was open' });
    return this.#engine;
  }

  /**
   * Plans a rollout and starts it; fails with ROLLOUT_RUNNING while another one runs, and with PLAN_MOVED when what
   * would be done is not what `planId` names. While it waits for housekeeping, `gone` ends that: nothing is begun.
   */
  async start(wish: Wish, { planId, gone }: Starting = {}): Promise<string> {
    return await this.#starting.run(async () => {
      const deadline = performance.now() + housekeepingWithin;
      while (this.state.rollout?.spec.id !== wish.id) {
        this.refuseWhileRunning();
        if (gone?.aborted) throw problem('INTERRUPTED', { what: 'the last rollout was cleared away' });
        if (performance.now() > deadline)
          throw problem('INTERNAL', { what: `${wish.id} could not be started` });
        if (this.state.pending.size > 0) await sleep(100);
        // Planned anew each time: what was warm may have been retired while we waited.
        else await this.#open.submit({ i: 'plan', ...(await this.#plan(wish, planId)) });
      }
      return wish.id;
    });
  }

  async #plan(wish: Wish, planId: string | undefined): ReturnType<Assembly['plan']> {
    const planned = await this.#assembly.plan(this.state, wish);
    const now = planId === undefined ? undefined : await planIdOf(this.#assembly, planned);
    if (now === planId) return planned;
    const { environment } = wish.target;
    throw problem('PLAN_MOVED', { plan: planId ?? '', environment });
  }

  /** Opens the gate that the rollout waits at; fails with NOTHING_WAITS when it waits at none. */
  async approve(by: string, environment: string): Promise<string> {
    const { rollout } = this.state;
    if (!rollout || openGates(this.state).length === 0) throw problem('NOTHING_WAITS', { environment });
    await this.#open.submit({ i: 'approve', by });
    return rollout.spec.id;
  }

  /** At which kind of gate the running rollout waits: users are with its release already, or have not met it. */
  get waits(): 'with users' | 'before users' | undefined {
    const { rollout } = this.state;
    if (!rollout || openGates(this.state).length === 0) return undefined;
    return hasFlipped(rollout) ? 'with users' : 'before users';
  }

  /** Ends the rollout that waits at a gate, so that a rollback need not wait for an answer; answers which it was. */
  async leaveGate(by: string): Promise<string> {
    const id = this.state.rollout?.spec.id ?? '';
    await this.#open.submit({ i: 'abort', by });
    const deadline = performance.now() + patience;
    while (isRunning(this.state) && this.state.rollout?.spec.id === id && performance.now() < deadline)
      await sleep(20);
    return id;
  }

  /** Turns the running rollout back; fails with NO_ROLLOUT when none runs. */
  async abort(by: string, environment: string): Promise<string> {
    const { rollout } = this.state;
    if (!rollout || rollout.ended) throw problem('NO_ROLLOUT', { environment });
    await this.#open.submit({ i: 'abort', by });
    return rollout.spec.id;
  }

  /** What is told of a rollout while it runs; undefined when it does not run in this agent. */
  follow(rollout: string, signal: AbortSignal): AsyncIterable<Progress> | undefined {
    return this.#followed.get(rollout)?.listen(signal);
  }

  /** What is known of the pools whose load decides how large they are, by pool. */
  get scales(): ReturnType<Supervisor['scales']> {
    return this.#supervisor?.scales() ?? new Map();
  }

  /** Stops looking after the instances; they run on. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#lookingAgain);
    await this.#serving;
    await this.#supervisor?.stop();
  }

  /** Fails with ROLLOUT_RUNNING while a rollout runs: one at a time. */
  refuseWhileRunning(): void {
    const { rollout } = this.state;
    if (!rollout || !isRunning(this.state)) return;
    const { target, next, id } = rollout.spec;
    const release = releaseName(target.service, next.releaseDigest);
    throw problem('ROLLOUT_RUNNING', { environment: target.environment, rollout: id, release });
  }

  #hear(events: readonly Event[], state: State): void {
    const { rollout } = state;
    if (!rollout) return;
    // Housekeeping after a rollout's end is not part of it: nobody who follows it waits for that.
    const isOfRollout = !rollout.ended || events.some((event) => event.e === 'ended');
    if (isOfRollout) this.#tell(rollout, events);
    void this.#lookAfter(state);
  }

  #tell({ spec: { id }, ended }: NonNullable<State['rollout']>, events: readonly Event[]): void {
    const broadcast = this.#followed.get(id) ?? new Broadcast();
    for (const event of events) broadcast.tell({ event });
    if (ended) {
      broadcast.end();
      this.#followed.delete(id);
    } else this.#followed.set(id, broadcast);
  }

  #hearCheck(key: string, check: CheckResult): void {
    this.#followed.get(rolloutOf(key))?.tell({ check, step: stepOf(key) });
  }

  /** Who follows a running rollout hears it from its start; a rollout that is started waits for what served to serve. */
  async #resume(state: State): Promise<void> {
    const { rollout } = state;
    if (!rollout) return;
    if (isRunning(state)) await this.#retell(rollout.spec.id);
    this.#serving = this.#starting.run(() => this.#serveAgain(state));
  }

  /** What served when the last agent went. */
  async #serveAgain(state: State): Promise<void> {
    await this.#lookAfter(state);
    const { rollout, live } = state;
    if (live && !isRunning(state) && rollout?.ended?.as !== 'stuck') await this.#reopen(live, state);
  }

  /** A front that cannot be opened again, because its port was taken meanwhile, must not keep the agent from starting. */
  async #reopen({ slot, revision }: Placed, { rollout, settings }: State): Promise<void> {
    if (!rollout) return;
    const { target, front } = rollout.spec;
    const proxy = settings?.proxy;
    try {
      await restoreFront(this.#assembly, target, { slot, revision, front, ...(proxy ? { proxy } : {}) });
    } catch (error) {
      this.#log.error('users are not served', {
        front: `${front.host}:${front.port}`,
        why: messageOf(error),
      });
    }
  }

  async #retell(id: string): Promise<void> {
    const broadcast = this.#followed.get(id) ?? new Broadcast();
    const told = await this.#assembly.stores.journal.rolloutEvents(id);
    broadcast.begin(told.map((event) => ({ event })));
    this.#followed.set(id, broadcast);
  }

  /** One after another, so that an older state never overrides a newer one. What fails here stops no rollout. */
  async #lookAfter(state: State): Promise<void> {
    const target = state.rollout?.spec.target;
    if (!target) return;
    try {
      await this.#looking.run(async () => {
        this.#supervisor ??= this.#assembly.supervise(target);
        const pools = wanted(state).map((placed) => this.#assembly.wantedPool(target, placed));
        this.#supervisor.want(await Promise.all(pools), followsLoad(state));
      });
      if (this.#unseen !== undefined) this.#log.info('instances are looked after again');
      this.#unseen = undefined;
    } catch (error) {
      this.#lookAgain(messageOf(error));
    }
  }

  /**
   * With the newest state, until it succeeds: the next rollout, which would look as well, may be months away, and an
   * engine that is being restarted has its images back in seconds. Said once, however long it lasts.
   */
  #lookAgain(why: string): void {
    if (this.#closed) return;
    if (this.#unseen !== why) this.#log.error('instances are not looked after', { why });
    this.#unseen = why;
    clearTimeout(this.#lookingAgain);
    this.#lookingAgain = setTimeout(() => void this.#lookAfter(this.state), lookAgainAfter).unref();
  }

  /** The target this environment's rollouts were about; undefined before the first. */
  get target(): Target | undefined {
    return this.state.rollout?.spec.target;
  }
}
