import type { Address } from '../domain/environment.ts';
import type { Manifest } from '../domain/release.ts';
import type { Values } from '../domain/revision.ts';
import type { PoolId, SlotId } from '../domain/slot.ts';
import type { Target } from '../domain/target.ts';
import type { Instant, Millis } from '../domain/units.ts';
import type { Fence } from './leases.ts';
import type { Gap, Vantage } from './vantage.ts';

/** One running process or container, by a name that is never used twice. */
export type InstanceId = string;

/** What a pool shall be: slot × role × count of one revision. */
export type PoolSpec = {
  readonly pool: PoolId;
  readonly revision: string;
  readonly releaseDigest: string;
  /** The rollout that wants it so, as a note for people; absent: whoever keeps it alive. */
  readonly rollout?: string;
  readonly count: number;
  /** Who ended keeps its place until `restart` gives it away; absent: another one is started there. */
  readonly keepsEnded?: true;
  /** The numeric address instances listen on and are told as HOST. */
  readonly address: string;
  /** Where the artifact lies: a bundle's unpacked folder, an image's id. */
  readonly artifact: string;
  readonly manifest: Manifest;
  /** The revision's snapshot. The runtime adds PORT, GONOGO_*, PATH, HOME, TZ and LANG, and nothing else. */
  readonly values: Values;
};

export type InstanceState =
  | { readonly is: 'running'; readonly pid: number; readonly startedAt: Instant }
  | {
      readonly is: 'ended';
      readonly code: number | null;
      readonly signal: string | null;
      readonly startedAt: Instant;
      readonly endedAt: Instant;
      /** It was killed because it used more memory than it may, or than the host had left. */
      readonly outOfMemory?: 'limit' | 'host';
      /** The machine went down with it: nothing that it did. */
      readonly withMachine?: true;
    };

export type ObservedInstance = {
  readonly id: InstanceId;
  readonly host: string;
  readonly port: number;
  /** The port it listens on inside its own network; absent: it has none of its own, and listens on `port`. */
  readonly inner?: number;
  readonly state: InstanceState;
  /** How many restarts in a row led to it, as `restart` was told. */
  readonly inARow: number;
};

/** Whose place another instance takes, and how many restarts in a row that makes. */
export type Succession = { readonly of: InstanceId; readonly inARow: number };

export type ObservedPool = {
  readonly pool: PoolId;
  readonly revision: string;
  readonly instances: readonly ObservedInstance[];
  /** How often an instance of this pool ended by itself and was started again. */
  readonly restarts: number;
};

/** One command of a release, run once in an environment. */
export type JobSpec = Omit<PoolSpec, 'pool' | 'count' | 'keepsEnded'> & { readonly slot: SlotId };

/** How a job ended; both null when nobody was there to see it. */
export type Ended = {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines it printed, oldest first; may hold secrets. */
  readonly lines: readonly string[];
};

/** The role of a slot's jobs. */
export const jobRole = 'job';

/** Whether a host has room for a pool, as far as it can be known before. */
export type Room = {
  /** Why it has none. */
  readonly fault?: string;
  /** What it was asked, and what it answered: `memory` → `512 MB are free, …`. */
  readonly asked: Readonly<Record<string, string>>;
};

export type LogLine = { readonly instance: InstanceId; readonly text: string };

/** What runs instances. */
export interface Runtime {
  readonly can: { readonly supervise: boolean; readonly scale: boolean; readonly overlap: boolean };
  /**
   * Asks the host whether it has room for a pool beside what runs there; changes nothing. Fails with what `apply` would
   * fail with: nothing can run such an artifact here.
   */
  vet(spec: PoolSpec): Promise<Room>;
  /**
   * Makes a pool so: starts what is missing, stops what is too much, of which those that `observe` lists last go. Safe to
   * repeat.
   */
  apply(spec: PoolSpec, fence: Fence, signal: AbortSignal): Promise<void>;
  /**
   * Replaces one instance of a pool: stops it if it still runs, starts another in its place and answers its name.
   * Answers undefined, and starts nothing, when there is no such instance any more or its place has been taken.
   */
  restart(spec: PoolSpec, succession: Succession, signal: AbortSignal): Promise<InstanceId | undefined>;
  /** Stops one instance as `restart` does and leaves it in its place, ended; one that does not run stays as it is. */
  end(spec: PoolSpec, instance: InstanceId, signal: AbortSignal): Promise<void>;
  /**
   * Runs `manifest.run.command` to its end, once for each key: asked again it waits for the first run, or answers how
   * that ended. Stops it when `signal` aborts.
   */
  job(spec: JobSpec, key: string, signal: AbortSignal): Promise<Ended>;
  /** Whether a job of this key was ever begun in a slot, as far as the world still shows. */
  hasBegun(slot: SlotId, key: string): Promise<boolean>;
  /** The pools that exist in the world for a target, not those we remember. */
  observe(target: Target): Promise<ObservedPool[]>;
  /**
   * Calls back whenever an instance of a pool starts or ends by itself, with its name where it is known to have ended;
   * answers how to stop listening.
   */
  onChange(listener: (pool: PoolId, ended?: InstanceId) => void): () => void;
  /**
   * Stops every instance of a pool: SIGTERM, `grace`, SIGKILL. A pool that does not exist is removed already. Fails with
   * LEASE_LOST when a newer lease has acted; fence 0, the default, acts under none.
   */
  remove(pool: PoolId, grace: Millis, fence?: Fence): Promise<void>;
  /**
   * The processor time that each running instance of a pool has taken since it started, all of its processes together;
   * one whose time cannot be read is absent.
   */
  processorTimes(pool: PoolId): Promise<ReadonlyMap<InstanceId, Millis>>;
  /** What an instance's processes listen on; undefined where it cannot be known. With a port: there, found sooner. */
  listening(instance: InstanceId, port?: number): Promise<readonly Address[] | undefined>;
  /** From where checks see what the instance sees; of one that ended, what it would see, without its environment. */
  vantage(instance: InstanceId): Promise<Vantage | Gap>;
  /** The last lines of a pool's output, oldest first, and with `follow` what comes after them. */
  logs(
    pool: PoolId,
    options: { readonly lines: number; readonly follow: boolean; readonly signal: AbortSignal },
  ): AsyncIterable<LogLine>;
}
