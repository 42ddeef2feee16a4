import { type Past, type Reading, type ScaleStatus, type Scaling, within } from '../domain/scaling.ts';
import { poolKey } from '../domain/slot.ts';
import type { PoolSpec } from '../ports/runtime.ts';
import type { Supervision, Wanted } from './supervision.ts';
import type { Watched } from './watched.ts';

/** How large a pool is whose load decides that. */
export type Scale = {
  /** How many instances shall run. */
  count: number;
  past: Past;
  /** What one instance carried on average in the last period. */
  load: number | undefined;
  /** Why there are fewer than the load asks for, in one sentence. */
  limit: string | undefined;
  /** That has been said, and it has grown by all that was asked for, or shrunk, never since. */
  isLimitSaid: boolean;
  /** The load could not be measured in the last period. */
  isBlind: boolean;
};

/** What is known when a pool begins to follow its load, with so many instances. */
export const begun = (supervision: Supervision, count: number): Scale => ({
  ...{ count, past: [{ at: supervision.tools.clock.mono(), count }] },
  ...{ load: undefined, limit: undefined, isLimitSaid: false, isBlind: false },
});

/** A pool under supervision whose load decides how large it is. */
export type Scaled = { readonly wanted: Wanted; readonly scaling: Scaling; readonly scale: Scale };

/**
 * How many instances of a pool shall run; undefined until it was looked at, when its load decides. What runs then is
 * what it begins with, so that an agent that was started anew does not drop to min under load.
 */
export function countOf(supervision: Supervision, wanted: Wanted): number | undefined {
  const { scaling, spec } = wanted;
  if (!scaling) return spec.count;
  const key = poolKey(spec.pool);
  if (!supervision.looked.has(key)) return undefined;
  const known = supervision.scales.get(key);
  if (known) return known.count;
  const count = within(scaling, presentIn(supervision, wanted).length);
  supervision.scales.set(key, begun(supervision, count));
  return count;
}

/** A pool of so many. Who ended is not among those that are missing: it is replaced when it has waited. */
export const specOf = ({ spec }: Wanted, count: number): PoolSpec => ({ ...spec, count, keepsEnded: true });

/** The instances of a pool that stay, those that ended and wait for their replacement included. */
export const presentIn = ({ watched, leaving }: Supervision, wanted: Wanted): Watched[] =>
  [...watched.values()].filter((one) => one.wanted === wanted && !leaving.has(one.id));

/** Whether an instance carries its share of the load; what takes no traffic is ready while it runs. */
export const carries = ({ condition, lost }: Watched): boolean => condition.is === 'ready' && !lost;

/** Whether a pool may be made larger or smaller now. */
export const mayScale = ({ wanted: all, scaling, signal }: Supervision, wanted: Wanted): boolean =>
  !signal.aborted && wanted.slot.slot === scaling && all.get(poolKey(wanted.spec.pool)) === wanted;

/** One reading for each place of a pool: a place that nobody has taken yet carries nothing. */
export function readingsOf(
  supervision: Supervision,
  { wanted, scale }: Scaled,
  read: (watched: Watched) => Reading,
): Reading[] {
  const present = presentIn(supervision, wanted);
  const empty = new Array<Reading>(Math.max(0, scale.count - present.length)).fill('unready');
  return [...present.map((one) => (carries(one) ? read(one) : 'unready')), ...empty].slice(0, scale.count);
}

/** Its name in logs. */
export const nameOf = ({ wanted }: Scaled): string => {
  const { target, role } = wanted.spec.pool;
  return `${target.service} ${target.environment} ${role}`;
};

export const statusOf = ({ scaling: { min, max, by, target }, scale }: Scaled): ScaleStatus => ({
  ...{ min, max, by, target, count: scale.count },
  ...(scale.load === undefined ? {} : { load: scale.load }),
  ...(scale.limit === undefined ? {} : { limit: scale.limit }),
});
