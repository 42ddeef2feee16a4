import * as z from 'zod/mini';
import type { EnvironmentSpec } from '../domain/environment.ts';
import type { Artifact, Release } from '../domain/release.ts';
import type { ReleaseRecord } from '../domain/release-record.ts';
import type { Values } from '../domain/revision.ts';
import { FrontWire } from './front.ts';
import { ManifestWire, ReplicasWire } from './manifest.ts';
import { amount, count, filled, name, port, slotName, some, text, texts } from './parts.ts';

/** A project's identity: see docs/decisions on targets. */
const project = z.string().check(z.regex(/^[a-z][a-z0-9-]{0,63}$/));
const digest = z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/));
/** Who asks, for the history: `ada@laptop`. */
const by = text(200);

const address = z.strictObject({ host: filled(64), port });
const weight = z.number().check(z.gt(0), z.lt(100));

const EnvironmentWire = z.strictObject({
  from: z.exactOptional(name),
  strategy: z.enum(['in-place', 'rolling', 'blue-green', 'canary']),
  listen: z.exactOptional(address),
  proxy: z.exactOptional(FrontWire),
  watch: z.strictObject({
    for: amount,
    errors: z.number().check(z.gte(0), z.lte(1)),
    p99: z.number().check(z.gte(1)),
    minRequests: count,
  }),
  keep: amount,
  address: filled(64),
  approve: z.exactOptional(z.strictObject({ within: amount, otherwise: z.enum(['abort', 'go']) })),
  quiet: z.exactOptional(z.enum(['prove-by-checks', 'hold'])),
  canary: z.exactOptional(z.strictObject({ weights: some(weight), each: amount })),
}) satisfies z.ZodMiniType<EnvironmentSpec>;

const ArtifactWire = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bundle'), digest }),
  z.strictObject({ kind: z.literal('image'), digest, reference: z.exactOptional(filled(1000)) }),
]) satisfies z.ZodMiniType<Artifact>;

const ReleaseWire = z.strictObject({
  digest,
  artifact: ArtifactWire,
  manifest: ManifestWire,
}) satisfies z.ZodMiniType<Release>;

const ValuesWire = texts satisfies z.ZodMiniType<Values>;

export const DeployInput = z.strictObject({
  project,
  service: name,
  environment: name,
  spec: EnvironmentWire,
  release: ReleaseWire,
  /** `current`: the values of what serves now. */
  values: z.union([ValuesWire, z.literal('current')]),
  /** What `plan` answered: refused with PLAN_MOVED when the world has moved since. */
  planId: z.exactOptional(text(100)),
  /** Instances in this environment; default: what the manifest says. */
  replicas: z.exactOptional(ReplicasWire),
  by,
});
/** In the domain's own types, so that a frozen configuration can be sent as it is. */
export type DeployInput = Omit<z.infer<typeof DeployInput>, 'spec' | 'release' | 'values'> & {
  readonly spec: EnvironmentSpec;
  readonly release: Release;
  readonly values: Values | 'current';
};

export const RollbackInput = z.strictObject({
  project,
  environment: name,
  /** A release (`shop@9f3c2a1`) or revision that is proven; absent: the last proven one before what serves now. */
  to: z.optional(text(200)),
  /** `current`: that release in the values of what serves now, instead of those it was proven in. */
  values: z.optional(z.literal('current')),
  by,
});
export type RollbackInput = z.infer<typeof RollbackInput>;

const RecordWire = z.strictObject({
  project,
  release: ReleaseWire,
  builtAt: amount,
  builtBy: text(200),
  source: z.exactOptional(z.strictObject({ revision: text(100), dirty: z.boolean() })),
  lockfile: z.exactOptional(z.strictObject({ path: text(1000), digest })),
  needs: z.strictObject({
    native: z.array(z.strictObject({ name: text(1000), platforms: some(text(100)) })),
    node: z.exactOptional(text(200)),
  }),
  size: z.strictObject({ entries: count, bytes: count }),
  packages: count,
  keep: z.strictObject({ releases: count, bytes: amount }),
}) satisfies z.ZodMiniType<ReleaseRecord>;

/** A release that was built, and its packages as CycloneDX. */
export const RecordReleaseInput = z.strictObject({
  record: RecordWire,
  packages: z.string(),
  /** It is deployed next: it must not be forgotten before. */
  hold: z.boolean(),
});
/** In the domain's own types. */
export type RecordReleaseInput = {
  readonly record: ReleaseRecord;
  readonly packages: string;
  readonly hold: boolean;
};

/** One release: by its name (`shop@9f3c2a1`, or more digits), or what an environment proved last. */
export const ReleaseInput = z.strictObject({
  project,
  wanted: z.union([z.strictObject({ name: filled(200) }), z.strictObject({ provenIn: name })]),
});
export type ReleaseInput = z.infer<typeof ReleaseInput>;

export const ReleasesInput = z.strictObject({ project: z.exactOptional(project) });
export type ReleasesInput = z.infer<typeof ReleasesInput>;

export const VerifyInput = z.strictObject({ project, names: z.array(filled(200)) });
export type VerifyInput = z.infer<typeof VerifyInput>;

export const AbortInput = z.strictObject({ project, environment: name, by });
export type AbortInput = z.infer<typeof AbortInput>;

export const ApproveInput = z.strictObject({ project, environment: name, by });
export type ApproveInput = z.infer<typeof ApproveInput>;

export const StatusInput = z.strictObject({ project: z.optional(project), environment: z.optional(name) });
export type StatusInput = z.infer<typeof StatusInput>;

export const HistoryInput = z.strictObject({
  project,
  environment: name,
  limit: z.int().check(z.gte(1), z.lte(10_000)),
});
export type HistoryInput = z.infer<typeof HistoryInput>;

export const RolloutInput = z.strictObject({ id: text(200) });

export const LogsInput = z.strictObject({
  project,
  environment: name,
  slot: z.optional(slotName),
  lines: z.int().check(z.gte(0), z.lte(10_000)),
  follow: z.boolean(),
});
export type LogsInput = z.infer<typeof LogsInput>;

export const StopInput = z.strictObject({
  /** Stop the instances, the proxies and the keeper as well: users are no longer served. */
  all: z.boolean(),
});
export type StopInput = z.infer<typeof StopInput>;

/** The input of an operation that takes none. */
export const NoInput = z.undefined();

/** The parts of a path that name an artifact and a rollout. */
export const DigestPart = digest;
export const RolloutPart = filled(200);
