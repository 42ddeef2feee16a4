import { poolKey } from '../domain/slot.ts';
import type { Millis } from '../domain/units.ts';
import type { InstanceId, ObservedInstance, ObservedPool } from '../ports/runtime.ts';
import { announceEnd, type Ending, endingOf } from './ending.ts';
import { adopted, type Condition, next, type ProbeName, ready, starting } from './instance.ts';
import { replacing, type Supervision, type Wanted } from './supervision.ts';

/** An instance under supervision. */
export type Watched = {
  readonly id: InstanceId;
  readonly wanted: Wanted;
  instance: ObservedInstance;
  condition: Condition;
  /** We were told of its end, and have not seen yet how it came. */
  lost: boolean;
  /** How it ended or failed, and when it may be replaced. */
  ending?: Ending;
  /** When each probe is asked next, by the monotonic clock. */
  readonly due: Map<ProbeName, Millis>;
  /** Which probes were asked before. */
  readonly asked: Set<ProbeName>;
  /** Which are being asked now. */
  readonly asking: Set<ProbeName>;
  /** Aborts the questions that are under way. */
  readonly over: AbortController;
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
        see(supervision, { wanted, instance, firstLook: !supervision.looked.has(key) });
      }
    supervision.looked.add(key);
  }
  for (const watched of supervision.watched.values()) if (!seen.has(watched.id)) forget(supervision, watched);
}

/** Its name is never used again: nothing that is known by it may stay for as long as the agent lives. */
function forget(supervision: Supervision, watched: Watched): void {
  drop(supervision, watched);
  supervision.leaving.delete(watched.id);
  supervision.faults.delete(replacing(watched.id));
}

/** Looks no longer after an instance; what it is being asked is asked no more. */
export function drop({ watched }: Supervision, { id, over }: Watched): void {
  watched.delete(id);
  over.abort();
}

type Sight = { readonly wanted: Wanted; readonly instance: ObservedInstance; readonly firstLook: boolean };

function see(supervision: Supervision, sight: Sight): void {
  const { instance } = sight;
  const known = supervision.watched.get(instance.id);
  const isAnother = known !== undefined && cameBack(known, instance);
  if (isAnother) drop(supervision, known);
  const watched = isAnother ? begin({ ...sight, firstLook: false }) : (known ?? begin(sight));
  supervision.watched.set(instance.id, watched);
  watched.instance = instance;
  if (instance.state.is === 'ended')
    change(supervision, watched, next(watched.condition, { ended: true }, healthOf(watched)));
}

/** Somebody else started a container again that had ended, under its old name: it has to prove itself like a new one. */
function cameBack({ condition, lost, instance: before }: Watched, { state }: ObservedInstance): boolean {
  if (state.is !== 'running') return false;
  return condition.is === 'ended' || (lost && state.startedAt !== before.state.startedAt);
}

const begin = ({ wanted, instance, firstLook }: Sight): Watched => ({
  id: instance.id,
  wanted,
  instance,
  condition: takesTraffic(wanted) ? (firstLook ? adopted : starting) : ready,
  lost: false,
  due: new Map(),
  asked: new Set(),
  asking: new Set(),
  over: new AbortController(),
});

const isDown = ({ is }: Condition): boolean => is === 'ended' || is === 'failed';

/** Enters a condition; what ended or failed is asked nothing more, and gets the time of its replacement. */
export function change({ tools, leaving }: Supervision, watched: Watched, condition: Condition): void {
  const before = watched.condition;
  watched.condition = condition;
  if (isDown(condition) && !isDown(before)) {
    watched.over.abort();
    watched.ending = endingOf(watched.instance, condition, tools);
    // The end of one that was to go is no news.
    if (!leaving.has(watched.id)) announceEnd(tools.log, watched.id, watched.ending);
  } else if (condition.is !== before.is) tools.log.info(`${watched.id} is ${condition.is}`);
}

export const healthOf = (watched: Watched) => watched.wanted.spec.manifest.health;

/** The role that takes traffic. Workers are kept alive, but have no port that could be asked and are nobody's member. */
export const takesTraffic = ({ spec }: Wanted): boolean => spec.pool.role === 'web';
