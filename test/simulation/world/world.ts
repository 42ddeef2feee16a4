import type { Placed } from '../../../packages/gonogo/src/domain/event.ts';
import { all, servingSlots } from '../../../packages/gonogo/src/domain/split.ts';
import type { WantedPool } from '../../../packages/gonogo/src/domain/state.ts';
import { SimulatedJournal } from '../agent/journal.ts';
import { SimulatedLeases } from '../agent/lease.ts';
import { SimulatedClock } from './clock.ts';
import { SimulatedDatabase } from './database.ts';
import { SimulatedEvidence } from './evidence.ts';
import type { Character } from './release.ts';
import { SimulatedRouter } from './router.ts';
import { type Instance, isReady, type Pool, SimulatedRuntime } from './runtime.ts';
import { Users } from './users.ts';

/** Everything outside the engine, and what is remembered of it. */
export class World {
  readonly clock = new SimulatedClock();
  readonly leases = new SimulatedLeases();
  readonly journal = new SimulatedJournal(this.leases);
  readonly runtime = new SimulatedRuntime();
  readonly router = new SimulatedRouter();
  readonly users = new Users(this.router);
  readonly evidence = new SimulatedEvidence();
  readonly database = new SimulatedDatabase();
  /** What each revision is like, by its id. */
  readonly releases = new Map<string, Character>();
  /** How many things have happened. */
  step = 0;
  /** Something struck the way back of the running rollout, or what it goes back to: it may get stuck. */
  isHampered = false;
  /** So few users come that they say nothing of a release. */
  isQuiet = false;

  /** Which revision users are sent to; undefined when nobody is. */
  answering(): string | undefined {
    const [slot] = servingSlots(this.router.served);
    const pool = slot && this.runtime.web(slot);
    return pool?.instances.some(({ removing }) => !removing) ? pool.revision : undefined;
  }

  ready(pool: Pool | undefined): Instance[] {
    return pool?.instances.filter((instance) => isReady(instance, this.clock.mono)) ?? [];
  }

  /** Something of what serves is not well. */
  isIll(placed: Placed | undefined): boolean {
    const pool = placed && this.runtime.web(placed.slot);
    return pool?.instances.some(({ health }) => health !== 'well') ?? false;
  }

  /** Instances begin to fail. What serves and fails is noticed by the data plane. */
  ail(instances: readonly Instance[], health: Exclude<Instance['health'], 'well'>): void {
    for (const instance of instances) {
      if (instance.health === 'ended') continue;
      if (instance.health === 'well') instance.ailsSince = this.step;
      instance.health = health;
      if (health === 'erring') continue;
      if (health === 'ended') this.runtime.endings++;
      if (this.router.members[instance.slot].includes(instance)) instance.ejected = true;
    }
  }

  /** What keeps wanted pools alive does so: what ended is started again, what fell ill is well. */
  heal(wanted: readonly WantedPool[]): void {
    for (const { revision, ...id } of wanted) {
      const pool = this.runtime.pool(id);
      if (pool?.revision !== revision) continue;
      for (const instance of pool.instances) this.#heal(pool, instance);
    }
  }

  #heal(pool: Pool, instance: Instance): void {
    if (instance.health === 'well' || instance.removing) return;
    if (instance.health === 'erring' && instance.errs) return;
    if (instance.health === 'ended') pool.restarts++;
    instance.health = 'well';
    instance.ailsSince = Number.POSITIVE_INFINITY;
    instance.readyAt = Math.min(instance.readyAt, this.clock.mono);
    instance.ejected = false;
  }

  /** What the person does who was paged because a rollout is stuck: puts back what served. */
  repair(live: Placed | undefined): void {
    this.runtime.pools.clear();
    this.router.members.blue = [];
    this.router.members.green = [];
    if (live) this.#putUp(live);
    this.router.meddle(live ? all(live.slot) : 'nobody', this.step);
    this.router.displaced = false;
  }

  #putUp({ slot, revision, workers }: Placed): void {
    const launch = { revision, readyAt: 0, errs: false };
    for (const role of ['web', 'web', ...(workers ?? [])]) this.runtime.start({ slot, role }, launch);
    this.router.members[slot] = [...(this.runtime.web(slot)?.instances ?? [])];
  }
}
