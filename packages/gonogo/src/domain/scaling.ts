import type { Millis } from './units.ts';

/** What an instance's load is measured by: its share of the processors it may use, or the requests in flight to it. */
export type LoadMeasure = 'cpu' | 'in_flight';

/** As many instances as their load asks for, within a range. */
export type Scaling = {
  readonly min: number;
  readonly max: number;
  readonly by: LoadMeasure;
  /** What one instance shall carry: a share (0–1] of what it may use, or a number of requests. */
  readonly target: number;
  /** Instances go only when fewer were enough for all of this time. */
  readonly downAfter: Millis;
};

/** How many instances of a role run. */
export type Replicas = number | Scaling;

/** What is known of a pool whose load decides how large it is. */
export type ScaleStatus = Pick<Scaling, 'min' | 'max' | 'by' | 'target'> & {
  /** How many instances shall run. */
  readonly count: number;
  /** What one of them carried on average in the last period; absent: it was not measured. */
  readonly load?: number;
  /** Why there are fewer than the load asks for, in one sentence. */
  readonly limit?: string;
};

/** The load of one instance; `unready`: it carries none yet, or cannot; `unknown`: it is ready and could not be measured. */
export type Reading = number | 'unready' | 'unknown';

/** What the load has asked for at earlier times, by the monotonic clock; oldest first. */
export type Past = readonly { readonly at: Millis; readonly count: number }[];

/** How often the load is judged. */
export const scalePeriod: Millis = 15_000;

/** A load this near to its target, as a share of it, changes nothing. */
const tolerance = 0.1;

/** What lies above a whole number by less is that number. */
const rounding = 1e-9;

export const within = ({ min, max }: Pick<Scaling, 'min' | 'max'>, count: number): number =>
  Math.min(Math.max(count, min), max);

/** A load as people read it: `cpu 64 % of 70 %`, `31.5 of 20 requests in flight`. */
export const describeLoad = ({ by, target }: Pick<Scaling, 'by' | 'target'>, load: number): string =>
  by === 'cpu'
    ? `cpu ${rounded(100 * load)} % of ${rounded(100 * target)} %`
    : `${rounded(load)} of ${target} requests in flight`;

const rounded = (value: number): number => Number(value.toFixed(value < 10 ? 1 : 0));

/** How many instances a revision begins with where `runs` of the one before run now: under load no fewer. */
export const beginsWith = (replicas: Replicas, runs: number): number =>
  typeof replicas === 'number' ? replicas : within(replicas, runs);

const isKnown = (reading: Reading): reading is number => typeof reading === 'number';

const mean = (loads: readonly number[]): number =>
  loads.reduce((sum, load) => sum + load, 0) / Math.max(1, loads.length);

/** The mean of what could be measured; undefined when nothing could. */
export const meanLoad = (readings: readonly Reading[]): number | undefined =>
  readings.some(isKnown) ? mean(readings.filter(isKnown)) : undefined;

/**
 * How many instances the load asks for, as Kubernetes' horizontal pod autoscaler reckons: ceil(instances × load ÷
 * target), and no change within the tolerance. Who is not ready or not measured is reckoned with against the change:
 * idle where more are asked for, and at its target (or, when it is not ready, not at all) where fewer are.
 */
export function askedFor(readings: readonly Reading[], target: number): number {
  const load = meanLoad(readings);
  if (load === undefined || isNear(load / target)) return readings.length;
  const grows = load > target;
  const assumed = readings
    .filter((reading) => grows || reading !== 'unready')
    .map((reading) => (isKnown(reading) ? reading : grows ? 0 : target));
  const ratio = mean(assumed) / target;
  if (isNear(ratio) || ratio > 1 !== grows) return readings.length;
  const asked = Math.max(0, Math.ceil(ratio * assumed.length - rounding));
  return grows ? Math.max(asked, readings.length) : Math.min(asked, readings.length);
}

const isNear = (ratio: number): boolean => Math.abs(ratio - 1) <= tolerance + rounding;

export type Judged = {
  readonly count: number;
  readonly past: Past;
};

/**
 * How many shall run from now on. Upwards at once, but to no more than twice as many, or four more; downwards to the
 * most that was asked for within `downAfter`. A past begins with how many ran then, as if so many had been asked for.
 */
export function judgeScale(
  scaling: Scaling,
  { readings, past, at }: { readonly readings: readonly Reading[]; readonly past: Past; readonly at: Millis },
): Judged {
  const current = readings.length;
  const asked = within(scaling, askedFor(readings, scaling.target));
  const recent = [...past.filter((one) => at - one.at < scaling.downAfter), { at, count: asked }];
  const most = Math.max(...recent.map(({ count }) => count));
  const count = asked > current ? Math.min(asked, highest(current)) : Math.min(current, most);
  return { count: within(scaling, count), past: recent };
}

/** How many there may be one period after there were so many. */
const highest = (current: number): number => Math.max(2 * current, current + 4);
