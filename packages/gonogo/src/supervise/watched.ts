import { poolKey } from '../domain/slot.ts';
import type { Millis } from '../domain/units.ts';
import type { InstanceId, ObservedInstance, ObservedPool } from '../ports/runtime.ts';
import { backoff, inARow } from './backoff.ts';
import { adopted, type Condition, next, type ProbeName, starting } from './instance.ts';
import type { Supervision, Wanted } from './supervision.ts';

/** An instance under supervision. */
export type Watched = {
  readonly id: InstanceId;
  readonly wanted: Wanted;
  instance: ObservedInstance;
  condition: Condition;
  /** Restarts in a row that led to it. */
  restarts: number;
  /** By the monotonic clock; since it was first seen. */
  readonly since: Millis;
  /** When it may be replaced, once it has ended or failed. */
  replaceAt?: Millis;
  readonly due: Map<ProbeName, Millis>;
  readonly asking: Set<ProbeName>;
};

/** Takes over what the runtime sees: new instances, ended ones, and those that are no longer there. */
export function reconcile(supervision: Supervision, pools: readonly ObservedPool[]): void {
  const seen = new Set<InstanceId>();
  for (const wanted of supervision.wanted.values()) {
    const key = poolKey(wanted.spec.pool);
    for (const pool of pools.filter(
      (pool) => poolKey(pool.pool) === key && pool.revision === wanted.spec.revision,
    ))
      for (const instance of pool.instances) {
        seen.add(instance.id);
        see(supervision, { wanted, instance, pool, firstLook: !supervision.looked.has(key) });
      }
    supervision.looked.add(key);
  }
  for (const id of supervision.watched.keys()) if (!seen.has(id)) supervision.watched.delete(id);
}

type Sight = {
  readonly wanted: Wanted;
  readonly instance: ObservedInstance;
  readonly pool: ObservedPool;
  readonly firstLook: boolean;
};

function see(supervision: Supervision, sight: Sight): void {
  const { instance } = sight;
  const watched = supervision.watched.get(instance.id) ?? begin(supervision, sight);
  supervision.watched.set(instance.id, watched);
  watched.instance = instance;
  if (instance.state.is === 'ended')
    change(supervision, watched, next(watched.condition, { ended: true }, healthOf(watched)));
}

function begin({ tools, heirs }: Supervision, { wanted, instance, pool, firstLook }: Sight): Watched {
  const restarts = heirs.get(instance.id) ?? (firstLook ? pool.restarts : 0);
  heirs.delete(instance.id);
  return {
    id: instance.id,
    wanted,
    instance,
    condition: firstLook ? adopted : starting,
    restarts,
    since: tools.clock.mono(),
    due: new Map(),
    asking: new Set(),
  };
}

/** Enters a condition; what ended or failed gets the time of its replacement. */
export function change({ tools, leaving }: Supervision, watched: Watched, condition: Condition): void {
  const down = (state: Condition): boolean => state.is === 'ended' || state.is === 'failed';
  if (down(condition) && !down(watched.condition)) {
    const now = tools.clock.mono();
    watched.replaceAt = now + backoff(inARow(watched.restarts, now - watched.since), tools.random());
    const how = condition.is === 'failed' ? condition.why : howItEnded(watched.instance);
    // The end of one that was to go is no news.
    if (!leaving.has(watched.id))
      tools.log.warn(`${watched.id} ${how}`, { again_in_ms: Math.round(watched.replaceAt - now) });
  } else if (condition.is !== watched.condition.is) tools.log.info(`${watched.id} is ${condition.is}`);
  watched.condition = condition;
}

function howItEnded({ state }: ObservedInstance): string {
  if (state.is !== 'ended') return 'ended';
  return state.outOfMemory
    ? 'was killed: it used more memory than it may'
    : `ended (${state.signal ?? state.code})`;
}

export const healthOf = (watched: Watched) => watched.wanted.spec.manifest.health;
