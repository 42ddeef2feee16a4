import * as z from 'zod';
import {
  type CheckSpec,
  type EnvRule,
  type HttpExpectation,
  type Matcher,
  programs,
} from '../domain/check.ts';
import type { Manifest, Probe } from '../domain/release.ts';
import type { Replicas } from '../domain/scaling.ts';

/** The manifest as it crosses a process boundary: strict at every level, and held to the domain's types. */

const millis = z.number().min(0);
const words = z.array(z.string()).min(1);
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const MatcherWire = z.union([
  z.strictObject({ equals: scalar }),
  z.strictObject({ matches: z.string() }),
  z.strictObject({ contains: z.string() }),
  z.strictObject({ one_of: z.array(scalar).min(1) }),
  z.strictObject({ gt: z.number() }),
  z.strictObject({ gte: z.number() }),
  z.strictObject({ lt: z.number() }),
  z.strictObject({ lte: z.number() }),
  z.strictObject({ exists: z.boolean() }),
]) satisfies z.ZodType<Matcher>;

const ExpectationWire = z.strictObject({
  status: z.array(z.int().min(100).max(599)).min(1).exactOptional(),
  headers: z.record(z.string(), MatcherWire).exactOptional(),
  json: z.record(z.string(), MatcherWire).exactOptional(),
  body: MatcherWire.exactOptional(),
  within: millis.exactOptional(),
}) satisfies z.ZodType<HttpExpectation>;

const EnvRuleWire = z.strictObject({
  secret: z.boolean(),
  required: z.boolean(),
  default: z.string().exactOptional(),
  format: z.enum(['url', 'number', 'boolean', 'email', 'json']).exactOptional(),
  oneOf: z.array(z.string()).min(1).exactOptional(),
}) satisfies z.ZodType<EnvRule>;

const base = {
  name: z.string().min(1).max(200),
  timeout: millis,
  retry: z.strictObject({ times: z.int().min(0), delay: millis }),
  tags: z.array(z.string()),
};

const CheckWire = z.discriminatedUnion('kind', [
  z.strictObject({
    ...base,
    kind: z.literal('http'),
    method: z.string(),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.string().exactOptional(),
    expect: ExpectationWire,
  }),
  z.strictObject({ ...base, kind: z.literal('tcp'), address: z.string(), settle: millis.exactOptional() }),
  z.strictObject({ ...base, kind: z.literal('postgres'), url: z.string(), query: z.string() }),
  z.strictObject({ ...base, kind: z.literal('env'), variable: z.string(), rule: EnvRuleWire }),
  z.strictObject({ ...base, kind: z.literal('run'), command: z.array(z.string()).min(1) }),
  z.strictObject({
    ...base,
    kind: z.literal('runtime'),
    program: z.enum(programs),
    versions: z.string().max(200),
  }),
]) satisfies z.ZodType<CheckSpec>;

const pace = {
  delay: millis.exactOptional(),
  every: millis,
  timeout: millis,
  failures: z.int().min(1),
  successes: z.int().min(1),
};

const ProbeWire = z.union([
  z.strictObject({ get: z.string(), ...pace }),
  z.strictObject({ run: words, ...pace }),
]) satisfies z.ZodType<Probe>;

const count = z.int().min(1).max(1000);

export const ReplicasWire = z.union([
  count,
  z
    .strictObject({
      min: count,
      max: count,
      by: z.enum(['cpu', 'in_flight']),
      target: z.number().gt(0),
      downAfter: millis,
    })
    .refine(({ min, max }) => max >= min, 'max must be at least min'),
]) satisfies z.ZodType<Replicas>;

export const ManifestWire = z.strictObject({
  service: z.string(),
  run: z.strictObject({
    command: z.array(z.string()),
    port: z.int().min(1).max(65535).exactOptional(),
    replicas: ReplicasWire,
    grace: millis,
    shared: z.array(z.string()),
    user: z.string().exactOptional(),
    memory: z.int().min(1).exactOptional(),
    cpus: z.number().min(0).exactOptional(),
    readOnly: z.boolean().exactOptional(),
    networks: z.array(z.string()).min(1).exactOptional(),
    workers: z
      .record(
        z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
        z.strictObject({ command: words, replicas: ReplicasWire, overlap: z.boolean() }),
      )
      .exactOptional(),
  }),
  contract: z.strictObject({
    env: z.record(z.string(), EnvRuleWire),
    reach: z.array(z.string()),
    runtime: z.partialRecord(z.enum(programs), z.string().max(200)).exactOptional(),
  }),
  health: z.strictObject({
    startup: ProbeWire,
    live: ProbeWire.exactOptional(),
    ready: ProbeWire,
    allUnready: z.enum(['refuse', 'serve']).exactOptional(),
  }),
  migrate: z
    .strictObject({
      run: words,
      undo: words.exactOptional(),
      when: z.enum(['before-start', 'after-ready']),
      repeatable: z.boolean(),
      timeout: millis,
    })
    .exactOptional(),
  checks: z.array(CheckWire),
}) satisfies z.ZodType<Manifest>;
