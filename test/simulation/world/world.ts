import type { Placed } from '../../../packages/gonogo/src/domain/event.ts';
import { all, servingSlots } from '../../../packages/gonogo/src/domain/split.ts';
import { SimulatedJournal } from '../agent/journal.ts';
import { SimulatedLeases } from '../agent/lease.ts';
import { SimulatedClock } from './clock.ts';
import { SimulatedEvidence } from './evidence.ts';
import type { Character } from './release.ts';
import { SimulatedRouter } from './router.ts';
import { type Instance, isReady, type Pool, poolName, SimulatedRuntime } from './runtime.ts';
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
  /** What each revision is like, by its id. */
  readonly releases = new Map<string, Character>();
  /** How many things have happened. */
  step = 0;

  /** Which revision users are sent to; undefined when nobody is. */
  answering(): string | undefined {
    const [slot] = servingSlots(this.router.served);
    const pool = slot && this.runtime.web(slot);
    return pool?.instances.some(({ removing }) => !removing) ? pool.revision : undefined;
  }

  ready(pool: Pool | undefined): Instance[] {
    return pool?.instances.filter((instance) => isReady(instance, this.clock.mono)) ?? [];
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
  heal(wanted: readonly Placed[]): void {
    for (const { slot, revision } of wanted) {
      const pool = this.runtime.web(slot);
      if (!pool || pool.revision !== revision) continue;
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

  #putUp({ slot, revision }: Placed): void {
    const launch = { revision, readyAt: 0, errs: false };
    for (let i = 0; i < 2; i++) this.runtime.start({ slot, role: 'web' }, launch);
    this.router.members[slot] = [
      ...(this.runtime.pools.get(poolName({ slot, role: 'web' }))?.instances ?? []),
    ];
  }
}
