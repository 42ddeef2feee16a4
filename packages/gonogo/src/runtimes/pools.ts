import { type PoolId, poolKey } from '../domain/slot.ts';
import type { InstanceId, InstanceState, ObservedPool } from '../ports/runtime.ts';
import type { Place } from './labels.ts';

type Found = {
  readonly id: string;
  readonly place: Place;
  readonly state: InstanceState;
};

/** Instances that were found one by one, as pools: by pool and revision. */
export function poolsOf(instances: readonly Found[]): ObservedPool[] {
  const groups = Map.groupBy(instances, ({ place }) => `${poolKey(place.pool)} ${place.revision}`);
  return [...groups.values()].flatMap((group) => {
    const first = group[0]?.place;
    if (!first) return [];
    return {
      pool: first.pool,
      revision: first.revision,
      instances: group.map(({ id, place, state }) => ({
        id,
        host: place.host,
        port: place.port,
        ...(place.inner === undefined ? {} : { inner: place.inner }),
        state,
        inARow: place.inARow,
      })),
      restarts: group.reduce((sum, { place }) => sum + place.restarts, 0),
    };
  });
}

type Listener = (pool: PoolId, ended?: InstanceId) => void;

/** Who is told of changes, and the telling. */
export type Listeners = { readonly add: (listener: Listener) => () => void; readonly tell: Listener };

export function listenersOf(): Listeners {
  const listeners = new Set<Listener>();
  return {
    add: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell: (...change) => {
      for (const listener of listeners) listener(...change);
    },
  };
}
