import * as z from 'zod/mini';
import {
  type CheckSpec,
  type EnvRule,
  type HttpExpectation,
  type Matcher,
  programs,
} from '../domain/check.ts';
import type { Manifest, Probe } from '../domain/release.ts';
import type { Replicas } from '../domain/scaling.ts';
import { amount, count, filled, name, port, positive, some, text, texts } from './parts.ts';

/** The manifest as it crosses a process boundary: strict at every level, and held to the domain's types. */

const words = some(z.string());
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const MatcherWire = z.union([
  z.strictObject({ equals: scalar }),
  z.strictObject({ matches: z.string() }),
  z.strictObject({ contains: z.string() }),
  z.strictObject({ one_of: some(scalar) }),
  z.strictObject({ gt: z.number() }),
  z.strictObject({ gte: z.number() }),
  z.strictObject({ lt: z.number() }),
  z.strictObject({ lte: z.number() }),
  z.strictObject({ exists: z.boolean() }),
]) satisfies z.ZodMiniType<Matcher>;

const ExpectationWire = z.strictObject({
  status: z.exactOptional(some(z.int().check(z.gte(100), z.lte(599)))),
  headers: z.exactOptional(z.record(z.string(), MatcherWire)),
  json: z.exactOptional(z.record(z.string(), MatcherWire)),
  body: z.exactOptional(MatcherWire),
  within: z.exactOptional(amount),
}) satisfies z.ZodMiniType<HttpExpectation>;

const EnvRuleWire = z.strictObject({
  secret: z.boolean(),
  required: z.boolean(),
  default: z.exactOptional(z.string()),
  format: z.exactOptional(z.enum(['url', 'number', 'boolean', 'email', 'json'])),
  oneOf: z.exactOptional(words),
}) satisfies z.ZodMiniType<EnvRule>;

const base = {
  name: filled(200),
  timeout: amount,
  retry: z.strictObject({ times: count, delay: amount }),
  tags: z.array(z.string()),
};

const CheckWire = z.discriminatedUnion('kind', [
  z.strictObject({
    ...base,
    kind: z.literal('http'),
    method: z.string(),
    url: z.string(),
    headers: texts,
    body: z.exactOptional(z.string()),
    expect: ExpectationWire,
  }),
  z.strictObject({ ...base, kind: z.literal('tcp'), address: z.string(), settle: z.exactOptional(amount) }),
  z.strictObject({ ...base, kind: z.literal('postgres'), url: z.string(), query: z.string() }),
  z.strictObject({ ...base, kind: z.literal('env'), variable: z.string(), rule: EnvRuleWire }),
  z.strictObject({ ...base, kind: z.literal('run'), command: words }),
  z.strictObject({
    ...base,
    kind: z.literal('runtime'),
    program: z.enum(programs),
    versions: text(200),
  }),
]) satisfies z.ZodMiniType<CheckSpec>;

const pace = {
  delay: z.exactOptional(amount),
  every: amount,
  timeout: amount,
  failures: positive,
  successes: positive,
};

const ProbeWire = z.union([
  z.strictObject({ get: z.string(), ...pace }),
  z.strictObject({ run: words, ...pace }),
]) satisfies z.ZodMiniType<Probe>;

const instances = z.int().check(z.gte(1), z.lte(1000));

export const ReplicasWire = z.union([
  instances,
  z
    .strictObject({
      min: instances,
      max: instances,
      by: z.enum(['cpu', 'in_flight']),
      target: z.number().check(z.gt(0)),
      downAfter: amount,
    })
    .check(z.refine(({ min, max }) => max >= min, 'max must be at least min')),
]) satisfies z.ZodMiniType<Replicas>;

const WorkerWire = z.strictObject({ command: words, replicas: ReplicasWire, overlap: z.boolean() });

const MigrateWire = z.strictObject({
  run: words,
  undo: z.exactOptional(words),
  when: z.enum(['before-start', 'after-ready']),
  repeatable: z.boolean(),
  timeout: amount,
});

export const ManifestWire = z.strictObject({
  service: z.string(),
  run: z.strictObject({
    command: z.array(z.string()),
    port: z.exactOptional(port),
    replicas: ReplicasWire,
    grace: amount,
    shared: z.array(z.string()),
    user: z.exactOptional(z.string()),
    memory: z.exactOptional(positive),
    cpus: z.exactOptional(amount),
    readOnly: z.exactOptional(z.boolean()),
    networks: z.exactOptional(words),
    workers: z.exactOptional(z.record(name, WorkerWire)),
  }),
  contract: z.strictObject({
    env: z.record(z.string(), EnvRuleWire),
    reach: z.array(z.string()),
    runtime: z.exactOptional(z.partialRecord(z.enum(programs), text(200))),
  }),
  health: z.strictObject({
    startup: ProbeWire,
    live: z.exactOptional(ProbeWire),
    ready: ProbeWire,
    allUnready: z.exactOptional(z.enum(['refuse', 'serve'])),
  }),
  migrate: z.exactOptional(MigrateWire),
  checks: z.array(CheckWire),
}) satisfies z.ZodMiniType<Manifest>;
