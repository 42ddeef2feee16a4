import type { Input } from '../../../packages/gonogo/src/domain/decide.ts';
import { isRunning, type State } from '../../../packages/gonogo/src/domain/state.ts';
import type { Ask, drive } from '../../../packages/gonogo/src/engine/drive.ts';
import type { Subject } from '../subject.ts';
import type { World } from '../world/world.ts';
import { type LeaseRecord, leaseTtl } from './lease.ts';

type AskOf<A extends Ask['ask']> = Extract<Ask, { ask: A }>;

/** What an agent needs of the simulation it lives in. */
export type Surroundings = {
  readonly world: World;
  readonly subject: Subject;
  /** Makes events durable; answers why not, if they are refused. */
  append(agent: Agent, ask: AskOf<'append'>): string | undefined;
  begin(agent: Agent, ask: AskOf<'begin'>): void;
  cancel(agent: Agent, key: string): void;
  died(agent: Agent, why: string): void;
  isKnownDead(owner: string): boolean;
};

type Claiming = { readonly since: number; readonly seen: LeaseRecord };

/** What runs the engine's loop in a simulated process: as `engine/run.ts` and its tenure do in a real one. */
export class Agent {
  readonly name: string;
  state: State | undefined;
  isDead = false;
  isPaused = false;
  fence: number | undefined;
  /** When it wants a tick, by the monotonic clock. */
  wakeAt: number | undefined;
  readonly inbox: Input[] = [];
  readonly #loop: ReturnType<typeof drive>;
  readonly #around: Surroundings;
  #blocked: AskOf<'append'> | undefined;
  #claiming: Claiming | undefined;
  #renewedAt = 0;
  /** How many events it has folded. */
  #seq: number;

  constructor(name: string, around: Surroundings) {
    this.name = name;
    this.#around = around;
    this.#seq = around.world.journal.events.length;
    const { events, kept } = around.world.journal;
    this.#loop = around.subject.drive(events.slice(kept.seq), () => around.world.clock.wall(), kept);
  }

  /** It claims a lease that somebody else seems to hold. */
  get isClaiming(): boolean {
    return this.#claiming !== undefined;
  }

  /** It knows all that is journalled. */
  get isFresh(): boolean {
    return this.#seq === this.#around.world.journal.events.length;
  }

  get isReadyForInput(): boolean {
    return !this.isDead && !this.isPaused && !this.#blocked && this.inbox.length > 0;
  }

  /** When its claim may be over, by the monotonic clock. */
  get claimEndsAt(): number | undefined {
    return this.#claiming && this.#claiming.since + leaseTtl;
  }

  start(): void {
    this.#run(this.#loop.next());
  }

  /** Hands the loop its next input; without one, a tick. */
  submit(input: Input | undefined): void {
    if (this.isDead || this.#blocked) return;
    this.wakeAt = undefined;
    this.#run(this.#loop.next(input));
  }

  /** The lease, claimed if it is free; undefined while somebody else may hold it, and for one that dies of it. */
  hold(): number | undefined {
    if (this.fence === undefined && !this.#claiming) this.#claim(undefined);
    return this.isDead ? undefined : this.fence;
  }

  /** True if the store says that the lease is still ours; dies otherwise. */
  verify(): boolean {
    if (this.fence !== undefined && this.#around.subject.renew(this.#around.world.leases, this.fence))
      return true;
    if (!this.#claiming) this.die('LEASE_LOST');
    return false;
  }

  /** Time has passed: the lease is renewed, or claimed once its holder was quiet for long enough. */
  pass(): void {
    if (this.isDead || this.isPaused) return;
    const { world, subject } = this.#around;
    if (this.#claiming) this.#claimAgain(this.#claiming);
    else if (this.fence !== undefined && world.clock.mono - this.#renewedAt >= leaseTtl / 3) {
      this.#renewedAt = world.clock.mono;
      if (!subject.renew(world.leases, this.fence)) this.die('LEASE_LOST');
    }
  }

  die(why: string): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#around.died(this, why);
  }

  #run(first: IteratorResult<Ask, never>): void {
    for (let step = first; ; step = this.#loop.next()) {
      const ask = step.value;
      if (ask.ask === 'next') this.#rest(ask);
      if (ask.ask === 'next') return;
      if (ask.ask === 'append' && !this.#append(ask)) return;
      if (ask.ask === 'begin') this.#around.begin(this, ask);
      if (ask.ask === 'cancel') this.#around.cancel(this, ask.key);
      if (this.isDead) return;
    }
  }

  /** False when the loop has to wait for the lease, or for ever. */
  #append(ask: AskOf<'append'>): boolean {
    if (this.hold() === undefined) {
      this.#blocked = ask;
      return false;
    }
    const refusal = this.#around.append(this, ask);
    if (refusal !== undefined) this.die(refusal);
    this.#seq += ask.events.length;
    return !this.isDead;
  }

  #rest({ state, until }: AskOf<'next'>): void {
    const { world } = this.#around;
    this.state = state;
    if (this.fence !== undefined && !isRunning(state) && state.pending.size === 0) {
      world.leases.release(this.fence);
      this.fence = undefined;
      if (state.seq > world.journal.kept.seq) world.journal.kept = state;
    }
    this.wakeAt =
      until === undefined ? undefined : world.clock.mono + Math.max(until - world.clock.wall(), 0);
  }

  #claim(over: LeaseRecord | undefined): LeaseRecord | undefined {
    const { world, subject } = this.#around;
    const { mono } = world.clock;
    const claimed = subject.claim(world.leases, this.name, over);
    if (typeof claimed === 'number') {
      this.fence = claimed;
      this.#claiming = undefined;
      this.#renewedAt = mono;
      // What was read before the lease was claimed may be over by now.
      if (this.#around.subject.readsAgain && !this.isFresh) this.die('JOURNAL_MOVED');
      return undefined;
    }
    if (!over && this.#around.isKnownDead(claimed.owner)) return this.#claim(claimed);
    this.#claiming ??= { since: mono, seen: claimed };
    return claimed;
  }

  #claimAgain({ since, seen }: Claiming): void {
    const isOver = this.#around.world.clock.mono - since >= leaseTtl;
    const held = this.#claim(isOver ? seen : undefined);
    if (held && (held.fence !== seen.fence || held.renewals !== seen.renewals)) this.die('LEASE_HELD');
    else if (!held) this.#unblock();
  }

  #unblock(): void {
    const blocked = this.#blocked;
    this.#blocked = undefined;
    if (this.isDead) return;
    if (blocked && this.#append(blocked)) this.#run(this.#loop.next());
  }
}
