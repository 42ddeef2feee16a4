import * as z from 'zod/mini';
import type { Health, Probe } from '../domain/release.ts';
import { command, optional, parsed, section } from './section.ts';
import { duration, parseDuration } from './units.ts';

type Defaults = {
  readonly every: string;
  readonly timeout: string;
  readonly failures: number;
  readonly successes: number;
};

/** Kubernetes' rules and, where nothing else is known to be better, its numbers. */
const defaults = {
  startup: { every: '1s', timeout: '1s', failures: 60, successes: 1 },
  live: { every: '10s', timeout: '1s', failures: 3, successes: 1 },
  ready: { every: '2s', timeout: '1s', failures: 2, successes: 1 },
} as const satisfies Record<string, Defaults>;

const numbers = (preset: Defaults) => ({
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
    get: optional(get, 'A path that must answer 200–299, or tcp: the port must accept. This or `run`.'),
    run: optional(
      command,
      'A command that must end with exit code 0, run as the instance: its user, folder and environment, in its container.',
    ),
    delay: optional(
      duration(0),
      'From the start of an instance to its first question (Kubernetes: initialDelaySeconds). Default 0s.',
    ),
    every: optional(duration(100), `From one question to the next (periodSeconds). Default ${preset.every}.`),
    timeout: optional(
      duration(10),
      `An answer that takes longer is a failure, and is not waited for (timeoutSeconds). Default ${preset.timeout}.`,
    ),
    failures: optional(
      count,
      `In a row until it counts as failed (failureThreshold). Default ${preset.failures}.`,
    ),
    successes: optional(
      count,
      `In a row until it counts as passed (successThreshold). Default ${preset.successes}.`,
    ),
  });
  const short = parsed(get, (path) => ({ get: path }));
  return optional(
    parsed(z.union([short, whole]), (input, refuse): Probe => {
      const { get: path, run, ...pace } = { run: undefined, ...input };
      if (path !== undefined && run !== undefined) return refuse('asks get and run: use one of them');
      const rest = { ...numbers(preset), ...pace };
      if (run !== undefined) return { run, ...rest };
      return path === undefined ? refuse('must have one of get, run') : { get: path, ...rest };
    }),
    description,
  );
};

const input = section({
  startup: probe(defaults.startup, 'Until it passes, the others are not asked. Default: the port accepts.'),
  live: probe(defaults.live, 'When it fails, the instance is started again. Default: the process lives.'),
  ready: probe(defaults.ready, 'When it fails, the instance gets no traffic. Default: the port accepts.'),
  all_unready: optional(
    z.enum(['refuse', 'serve']),
    'What users get while no instance of what serves is ready: a 503, or the instances as they are. ' +
      'Default: the instances, if two or more run and every one says that only shared checks fail; else a 503.',
  ),
});

/** `health:` — the probes that decide restarts and traffic. */
export const health = parsed(
  input,
  ({ startup, live, ready, all_unready: allUnready }): Health => ({
    startup: startup ?? { get: 'tcp', ...numbers(defaults.startup) },
    ready: ready ?? { get: 'tcp', ...numbers(defaults.ready) },
    ...(live ? { live } : {}),
    ...(allUnready ? { allUnready } : {}),
  }),
);
