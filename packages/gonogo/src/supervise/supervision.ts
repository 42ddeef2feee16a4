import type { Scaling } from '../domain/scaling.ts';
import type { SlotId, SlotName } from '../domain/slot.ts';
import type { Target } from '../domain/target.ts';
import type { Millis } from '../domain/units.ts';
import { messageOf } from '../errors.ts';
import type { Checks } from '../ports/checks.ts';
import type { Clock } from '../ports/clock.ts';
import type { Router } from '../ports/router.ts';
import type { InstanceId, PoolSpec, Runtime } from '../ports/runtime.ts';
import type { Scale } from './scale.ts';
import type { Watched } from './watched.ts';

/** A pool that must be kept alive and, for the role that takes traffic, in its slot's membership. */
export type Wanted = {
  readonly slot: SlotId;
  /** With `scaling` its count is the least. */
  readonly spec: PoolSpec;
  /** It is live and proven: rather than send its users away it may answer them unready (see `members.ts`). */
  readonly serves?: boolean;
  /** Its load decides how many instances run; until that is known, as many as do. */
  readonly scaling?: Scaling;
};

type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export type SupervisorTools = {
  readonly runtime: Runtime;
  readonly router: Pick<Router, 'members' | 'counters' | 'drain'>;
  readonly checks: Checks;
  readonly clock: Clock;
  readonly log: { info(msg: string, fields?: Fields): void; warn(msg: string, fields?: Fields): void };
  /** 0 ≤ x < 1; default: the system's. */
  readonly random?: () => number;
  /** How often load is judged; default: 15 s. */
  readonly scaleEvery?: Millis;
};

/** `times`: in a row. */
type Fault = { readonly why: string; readonly times: number };

/** What one supervisor works with while it runs. */
export type Supervision = {
  readonly tools: Required<SupervisorTools>;
  readonly target: Target;
  /** By pool. */
  wanted: ReadonlyMap<string, Wanted>;
  readonly watched: Map<InstanceId, Watched>;
  /** Pools whose instances have been looked at since they were wanted; what appears later is new. */
  readonly looked: Set<string>;
  /** How large the pools are whose load decides, by pool. */
  readonly scales: Map<string, Scale>;
  /** The slot whose pools may be made larger or smaller now; undefined while something else acts on the environment. */
  scaling: SlotName | undefined;
  /** Instances that go: members no more, and not replaced when they end. */
  readonly leaving: Set<InstanceId>;
  /** The membership each slot was told last. */
  readonly told: Map<string, string>;
  /** Why slots are served by instances that are not ready, by slot. */
  readonly failsOpen: Map<string, string>;
  /** What is being done now, so that it is done once: pools under repair, slots being told. */
  readonly tasks: Map<string, Promise<void>>;
  /** What failed when it was done last. */
  readonly faults: Map<string, Fault>;
  readonly signal: AbortSignal;
  /** Look at the world again, now. */
  readonly wake: () => void;
};

/** The task of giving an instance's place away. */
export const replacing = (id: InstanceId): string => `replacing ${id}`;

/** After something went wrong, the next attempt waits this long, and then twice as long, up to the longest. */
const [retryAfter, longestRetry]: readonly [Millis, Millis] = [1000, 10_000];

/** Runs a task unless one of this name runs; whatever comes of it, the loop looks again. */
export function once(supervision: Supervision, name: string, task: () => Promise<void>): void {
  const { tasks, faults, signal, wake } = supervision;
  if (tasks.has(name) || signal.aborted) return;
  const run = async (): Promise<void> => {
    try {
      await task();
      faults.delete(name);
    } catch (error) {
      if (!signal.aborted) await failed(supervision, name, messageOf(error));
    } finally {
      tasks.delete(name);
      wake();
    }
  };
  tasks.set(name, run());
}

/** Said once, however often the same goes wrong in a row. */
async function failed({ tools, faults, signal }: Supervision, name: string, why: string): Promise<void> {
  const { clock, log } = tools;
  const before = faults.get(name);
  const times = (before?.times ?? 0) + 1;
  faults.set(name, { why, times });
  if (why !== before?.why) log.warn(`${name} failed: ${why}`);
  const pause = Math.min(retryAfter * 2 ** (times - 1), longestRetry);
  await clock.sleep(pause, signal).catch(() => undefined); // Stopped: nothing is tried again.
}
