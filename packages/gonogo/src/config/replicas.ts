import * as z from 'zod/mini';
import type { LoadMeasure, Scaling } from '../domain/scaling.ts';
import { doc, optional, parsed, type Refuse, section, withDefault } from './section.ts';
import { duration, percent } from './units.ts';

const count = () =>
  z.int().check(z.gte(1, { error: 'must be at least 1' }), z.lte(1000, { error: 'must be at most 1000' }));

const bounds = {
  min: withDefault(count(), 1, 'As many always run.'),
  max: doc(count(), 'More never run. Fewer may, where the host has no memory for them.'),
};

const cpu = optional(
  percent,
  'The processor time that one instance shall take, of what it may: run.cpus of an image, else one core. Above it instances are added, below it some go.',
);

const downAfter = withDefault(duration(0), '5m', 'How long fewer must have been enough before instances go.');

const range = section({
  ...bounds,
  cpu,
  in_flight: optional(
    z.int().check(z.gte(1, { error: 'must be at least 1' })),
    'The requests that one instance shall have in flight at once, instead of cpu. An open WebSocket or event stream is one.',
  ),
  down_after: downAfter,
});

const workerRange = section({
  ...bounds,
  cpu,
  in_flight: optional(
    z.never({ error: 'a worker takes no requests: write cpu' }),
    'Not for workers: write cpu.',
  ),
  down_after: downAfter,
});

type Written = {
  readonly min: number;
  readonly max: number;
  readonly cpu?: number;
  readonly in_flight?: number;
  readonly down_after: number;
};

const scalingOf =
  (example: string) =>
  (written: Written, refuse: Refuse): Scaling => {
    const { min, max, cpu: share, in_flight: requests, down_after: after } = written;
    if (max < min) return refuse(`must be at least min, which is ${min}`, ['max']);
    if (share !== undefined && requests !== undefined)
      return refuse('must have cpu or in_flight, and only one of them');
    if (share === 0) return refuse('must be more than 0%', ['cpu']);
    const target = share ?? requests;
    if (target === undefined) return refuse(`needs what the count follows: add ${example}`);
    const by: LoadMeasure = share === undefined ? 'in_flight' : 'cpu';
    return { min, max, by, target, downAfter: after };
  };

/** How many instances run: a number, or as many as their load asks for. */
export const replicas = z.union([count(), parsed(range, scalingOf('cpu: 70% or in_flight: 20'))]);

/** The same of a role that takes no traffic. */
export const workerReplicas = z.union([count(), parsed(workerRange, scalingOf('cpu: 70%'))]);
