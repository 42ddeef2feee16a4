import * as z from 'zod/mini';
import type { Approval, CanarySteps } from '../domain/environment.ts';
import { optional, parsed, rule, section, some, withDefault } from './section.ts';
import { duration, percent, ratio } from './units.ts';

/** `strategy:` — how a release goes live. */
export const strategy = z.enum(['in-place', 'rolling', 'blue-green', 'canary']);

/** `watch:` — what is watched after users have met the release. */
export const watch = section({
  for: withDefault(duration(), '30s', 'How long.'),
  errors: withDefault(
    percent,
    '1%',
    'The highest tolerated share of failed requests; more than that counts when it is more than chance.',
  ),
  p99: withDefault(
    ratio,
    '3x',
    'The highest tolerated 99th percentile of latency, against what served before.',
  ),
  min_requests: withDefault(
    z.int().check(z.gte(1)),
    50,
    'Below this many requests traffic says nothing, and the checks and probes decide.',
  ),
  quiet: withDefault(
    z.enum(['prove-by-checks', 'hold']),
    'prove-by-checks',
    'What happens when there was too little traffic to judge: prove-by-checks lets the checks and probes decide, hold waits for gonogo approve.',
  ),
});

const approval = section({
  manual: withDefault(z.boolean(), true, 'Somebody must run gonogo approve before users meet the release.'),
  within: withDefault(duration(), '1h', 'How long the answer is waited for.'),
  otherwise: withDefault(z.enum(['abort', 'go']), 'abort', 'What happens when nobody answers in time.'),
});

/** `approve:` — the gate before the flip; undefined when nobody is asked. */
export const approve = parsed(approval, ({ manual, within, otherwise }): Approval | undefined =>
  manual ? { within, otherwise } : undefined,
);

const weight = parsed(percent, (share, refuse): number =>
  share > 0 && share < 1 ? share * 100 : refuse('must be more than 0% and less than 100%'),
);

const canarySteps = section({
  weights: withDefault(
    some(weight, 'must name at least one weight').check(
      rule<number[]>(
        (weights) => weights.every((one, i) => one > (weights[i - 1] ?? 0)),
        'must grow from one to the next',
      ),
    ),
    ['5%', '25%', '50%'],
    'The new release’s share of the requests, step by step; everything comes last by itself.',
  ),
  each: withDefault(duration(), '30s', 'How long each share is watched.'),
  sticky: withDefault(
    z.boolean(),
    false,
    'A user stays with the release that answered first, by a cookie, while both serve.',
  ),
});

/** `canary:` — how fast the new release’s share grows. */
export const canary = optional(
  parsed(canarySteps, ({ sticky, ...steps }): { steps: CanarySteps; sticky: boolean } => ({
    steps,
    sticky,
  })),
  'Only for the strategy canary: how the new release’s share of the requests grows.',
);
