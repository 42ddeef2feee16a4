import { chanceOf, chanceOfMore, type Sample } from './chance.ts';
import type { WatchRules } from './plan.ts';
import type { Counters, Histogram } from './signals.ts';

/** What was counted in a stretch of time. */
export type Traffic = {
  readonly requests: number;
  readonly errors: number;
  readonly latency: Histogram;
};

export type Judgement =
  | { readonly is: 'healthy' }
  | { readonly is: 'regressed'; readonly why: string }
  /** Too little traffic to tell a release from chance. */
  | { readonly is: 'unknown'; readonly why: string };

export const noTraffic: Traffic = { requests: 0, errors: 0, latency: { bounds: [], counts: [] } };

/** What was counted between two readings of some counters; one that started anew in between counts from zero. */
export const trafficBetween = (before: readonly Counters[], after: readonly Counters[]): Traffic =>
  after
    .map((now) =>
      trafficSince(
        before.find(({ incarnation }) => incarnation === now.incarnation),
        now,
      ),
    )
    .reduce(addTraffic, noTraffic);

const trafficSince = (before: Counters | undefined, { requests, errors, latency }: Counters): Traffic => ({
  requests: requests - (before?.requests ?? 0),
  errors: errors - (before?.errors ?? 0),
  latency: {
    bounds: latency.bounds,
    counts: latency.counts.map((count, i) => count - (before?.latency.counts[i] ?? 0)),
  },
});

/** Adds up stretches of traffic that were counted with the same bounds. */
export const addTraffic = (a: Traffic, b: Traffic): Traffic => ({
  requests: a.requests + b.requests,
  errors: a.errors + b.errors,
  latency: addLatency(a.latency, b.latency),
});

const addLatency = (a: Histogram, b: Histogram): Histogram =>
  a.bounds.length === 0
    ? b
    : { bounds: a.bounds, counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)) };

/** What a watch has seen so far: blue before the flip, green since. */
export type Watched = { readonly green: Traffic; readonly blue: Traffic; readonly isOver: boolean };

/** Slower by less than this is noise of the machine, whatever the ratio says. */
const latencyFloor = 10;

/** How unlikely chance must be as the reason: a watch that runs looks many times, and at its end once. */
const doubt = { early: 0.001, late: 0.05 };

/**
 * Judges green's traffic against the rules and blue's before the flip, by exact tests, so that one failed request of
 * sixty does not condemn a release; nor does it prove it. Errors beyond the limit are forgiven where blue had as many;
 * the latency counts at the end of the watch.
 */
export function judge(rules: WatchRules, { green, blue, isOver }: Watched): Judgement {
  if (green.requests < rules.minRequests) {
    return { is: 'unknown', why: `${green.requests} requests, fewer than ${rules.minRequests}, say nothing` };
  }
  // A few requests of blue's say as little as a few of green's.
  const before = blue.requests < rules.minRequests ? undefined : blue;
  if (failsMore(rules, { green, before, least: isOver ? doubt.late : doubt.early }))
    return { is: 'regressed', why: errorSentence(green, before, rules) };
  const slower = isOver && before ? slowness(rules, green, before) : undefined;
  if (slower !== undefined) return { is: 'regressed', why: slower };
  const tolerated = Math.max(rules.errors, before ? rateOf(before) : 0);
  if (isOver && rateOf(green) > tolerated)
    return {
      is: 'unknown',
      why: `${errorSentence(green, before, rules)}, and chance alone may be the reason`,
    };
  return { is: 'healthy' };
}

type Compared = { readonly green: Traffic; readonly before: Traffic | undefined; readonly least: number };

function failsMore({ errors }: WatchRules, { green, before, least }: Compared): boolean {
  if (chanceOf(green, errors) >= least) return false;
  const wasWithin = before === undefined || rateOf(before) <= errors;
  return wasWithin || chanceOfMore(green, before) < least;
}

const rateOf = ({ requests, errors }: Traffic): number => (requests === 0 ? 0 : errors / requests);

const percent = (rate: number): string => `${(rate * 100).toFixed(rate < 0.1 ? 1 : 0)} %`;

const errorSentence = (green: Traffic, before: Traffic | undefined, rules: WatchRules): string =>
  `${green.errors} of ${green.requests} requests failed (${percent(rateOf(green))}); ` +
  (before ? `before the flip it was ${percent(rateOf(before))}, ` : '') +
  `tolerated are ${percent(rules.errors)}`;

function slowness(rules: WatchRules, green: Traffic, blue: Traffic): string | undefined {
  const [now, before] = [quantile(green.latency, 0.99), quantile(blue.latency, 0.99)];
  const tolerated = Math.max(before * rules.p99, before + latencyFloor);
  // Of sixty requests the slowest one is the 99th percentile: a first request that warms something up proves nothing.
  const chance = chanceOfMore(slowOf(green, tolerated), slowOf(blue, tolerated));
  if (now <= tolerated || chance >= doubt.late) return undefined;
  return `the 99th percentile is ${now.toFixed(0)} ms, before the flip it was ${before.toFixed(0)} ms; tolerated is ${rules.p99} times`;
}

/** The requests that took longer, in milliseconds, as the errors of a sample. */
const slowOf = ({ requests, latency }: Traffic, than: number): Sample => ({
  requests,
  errors: countAbove(latency, than),
});

/** How many requests took longer, in milliseconds; only buckets that lie wholly above count. */
const countAbove = ({ bounds, counts }: Histogram, latency: number): number =>
  counts.filter((_, i) => i > 0 && (bounds[i - 1] ?? 0) >= latency).reduce((sum, count) => sum + count, 0);

/** The latency below which a share of requests lies, in milliseconds, interpolated within its bucket. */
export function quantile({ bounds, counts }: Histogram, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let left = total * share;
  for (const [i, count] of counts.entries()) {
    const lower = i === 0 ? 0 : (bounds[i - 1] ?? 0);
    if (count >= left && count > 0) return lower + (left / count) * ((bounds[i] ?? lower) - lower);
    left -= count;
  }
  return bounds.at(-1) ?? 0;
}
