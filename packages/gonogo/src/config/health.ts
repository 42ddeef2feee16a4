import * as z from 'zod/mini';
import type { Health, Probe } from '../domain/release.ts';
import { doc, optional, parsed, section, unsupported } from './section.ts';
import { duration, parseDuration } from './units.ts';

type Defaults = {
  readonly every: string;
  readonly timeout: string;
  readonly failures: number;
  readonly successes: number;
};

/** Kubernetes' words and, where nothing else is known to be better, its numbers. */
const defaults = {
  startup: { every: '1s', timeout: '1s', failures: 60, successes: 1 },
  live: { every: '10s', timeout: '1s', failures: 3, successes: 1 },
  ready: { every: '2s', timeout: '1s', failures: 2, successes: 1 },
} as const satisfies Record<string, Defaults>;

const numbers = (preset: Defaults): Omit<Probe, 'get'> => ({
  every: parseDuration(preset.every) ?? 0,
  timeout: parseDuration(preset.timeout) ?? 0,
  failures: preset.failures,
  successes: preset.successes,
});

const get = z
  .string()
  .check(z.regex(/^(\/[^\s\0]*|tcp)$/, { error: 'must be a path that begins with /, or tcp' }));

const count = z.int().check(z.gte(1, { error: 'must be at least 1' }));

const probe = (preset: Defaults, description: string) => {
  const whole = section({
    get: doc(get, 'A path that must answer 200–299, or tcp: the port must accept.'),
    every: optional(duration(100), `Default ${preset.every}.`),
    timeout: optional(duration(10), `Default ${preset.timeout}.`),
    failures: optional(count, `In a row until it counts. Default ${preset.failures}.`),
    successes: optional(count, `In a row until it counts. Default ${preset.successes}.`),
  });
  const short = parsed(get, (path) => ({ get: path }));
  return optional(
    parsed(z.union([short, whole]), (input): Probe => ({ ...numbers(preset), ...input })),
    description,
  );
};

const input = section({
  startup: probe(defaults.startup, 'Until it passes, the others are not asked. Default: the port accepts.'),
  live: probe(defaults.live, 'When it fails, the instance is started again. Default: the process lives.'),
  ready: probe(defaults.ready, 'When it fails, the instance gets no traffic. Default: the port accepts.'),
  all_unready: unsupported(),
});

/** `health:` — the probes that decide restarts and traffic. */
export const health = parsed(
  input,
  ({ startup, live, ready }): Health => ({
    startup: startup ?? { get: 'tcp', ...numbers(defaults.startup) },
    ready: ready ?? { get: 'tcp', ...numbers(defaults.ready) },
    ...(live ? { live } : {}),
  }),
);
