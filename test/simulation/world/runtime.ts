import type { PoolId, SlotName } from '../../../packages/gonogo/src/domain/slot.ts';

/** One simulated process. */
export type Instance = {
  readonly slot: SlotName;
  readonly revision: string;
  /** From this moment of the monotonic clock its readiness passes; never, for one that cannot start. */
  readyAt: number;
  health: 'well' | 'erring' | 'unready' | 'ended';
  /** It fails as soon as users come, as a bad release does. */
  readonly errs: boolean;
  /** Since which step of the simulation it is not well. */
  ailsSince: number;
  /** It was told to end. */
  removing: boolean;
  /** The data plane has noticed that it fails and sends it requests only when there is nobody better. */
  ejected: boolean;
};

export type Pool = {
  readonly slot: SlotName;
  readonly role: string;
  readonly revision: string;
  readonly instances: Instance[];
  restarts: number;
  /** What its instances printed is not kept as evidence yet. */
  outputUnsaved: boolean;
};

export type Launch = Pick<Instance, 'revision' | 'readyAt' | 'errs'>;

export const poolName = (pool: Pick<PoolId, 'slot' | 'role'>): string => `${pool.slot}/${pool.role}`;

/** What runs instances: pools by name, and the newest lease that has acted here. */
export class SimulatedRuntime {
  readonly pools = new Map<string, Pool>();
  fence = 0;
  /** How many instances have ended by themselves, ever. */
  endings = 0;

  pool(id: Pick<PoolId, 'slot' | 'role'>): Pool | undefined {
    return this.pools.get(poolName(id));
  }

  web(slot: SlotName): Pool | undefined {
    return this.pools.get(slot === 'blue' ? 'blue/web' : 'green/web');
  }

  /** Starts one instance; the pool comes to be with its first one. */
  start(id: Pick<PoolId, 'slot' | 'role'>, { revision, readyAt, errs }: Launch): void {
    const name = poolName(id);
    let pool = this.pools.get(name);
    if (!pool || pool.revision !== revision) {
      pool = { slot: id.slot, role: id.role, revision, instances: [], restarts: 0, outputUnsaved: true };
      this.pools.set(name, pool);
    }
    pool.instances.push({
      slot: id.slot,
      revision,
      readyAt,
      health: 'well',
      errs,
      ailsSince: Number.POSITIVE_INFINITY,
      removing: false,
      ejected: false,
    });
  }
}

export const isReady = (instance: Instance, now: number): boolean =>
  instance.readyAt <= now && (instance.health === 'well' || instance.health === 'erring');

export const isUp = (instance: Instance): boolean => instance.health !== 'ended' && !instance.removing;
