import * as z from 'zod';
import type { EnvironmentSpec } from '../domain/environment.ts';
import type { Artifact, Release } from '../domain/release.ts';
import type { ReleaseRecord } from '../domain/release-record.ts';
import type { Values } from '../domain/revision.ts';
import { FrontWire } from './front.ts';
import { ManifestWire, ReplicasWire } from './manifest.ts';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
/** A project's identity: see docs/decisions on targets. */
const project = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
const millis = z.number().min(0);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const address = z.strictObject({ host: z.string().min(1).max(64), port: z.int().min(1).max(65535) });

const EnvironmentWire = z.strictObject({
  from: name.exactOptional(),
  strategy: z.enum(['in-place', 'rolling', 'blue-green', 'canary']),
  listen: address.exactOptional(),
  proxy: FrontWire.exactOptional(),
  watch: z.strictObject({
    for: millis,
    errors: z.number().min(0).max(1),
    p99: z.number().min(1),
    minRequests: z.int().min(0),
  }),
  keep: millis,
  address: z.string().min(1).max(64),
  approve: z.strictObject({ within: millis, otherwise: z.enum(['abort', 'go']) }).exactOptional(),
  quiet: z.enum(['prove-by-checks', 'hold']).exactOptional(),
  canary: z.strictObject({ weights: z.array(z.number().gt(0).lt(100)).min(1), each: millis }).exactOptional(),
}) satisfies z.ZodType<EnvironmentSpec>;

const ArtifactWire = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bundle'), digest }),
  z.strictObject({
    kind: z.literal('image'),
    digest,
    reference: z.string().min(1).max(1000).exactOptional(),
  }),
]) satisfies z.ZodType<Artifact>;

const ReleaseWire = z.strictObject({
  digest,
  artifact: ArtifactWire,
  manifest: ManifestWire,
}) satisfies z.ZodType<Release>;

const ValuesWire = z.record(z.string(), z.string()) satisfies z.ZodType<Values>;

export const DeployInput = z.strictObject({
  project,
  service: name,
  environment: name,
  spec: EnvironmentWire,
  release: ReleaseWire,
  /** `current`: the values of what serves now. */
  values: z.union([ValuesWire, z.literal('current')]),
  /** What `plan` answered: refused with PLAN_MOVED when the world has moved since. */
  planId: z.string().max(100).exactOptional(),
  /** Instances in this environment; default: what the manifest says. */
  replicas: ReplicasWire.exactOptional(),
  /** Who asks, for the history: `ada@laptop`. */
  by: z.string().max(200),
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
  to: z.string().max(200).optional(),
  /** `current`: that release in the values of what serves now, instead of those it was proven in. */
  values: z.literal('current').optional(),
  by: z.string().max(200),
});
export type RollbackInput = z.infer<typeof RollbackInput>;

const RecordWire = z.strictObject({
  project,
  release: ReleaseWire,
  builtAt: z.number().min(0),
  builtBy: z.string().max(200),
  source: z.strictObject({ revision: z.string().max(100), dirty: z.boolean() }).exactOptional(),
  lockfile: z.strictObject({ path: z.string().max(1000), digest }).exactOptional(),
  needs: z.strictObject({
    native: z.array(
      z.strictObject({ name: z.string().max(1000), platforms: z.array(z.string().max(100)).min(1) }),
    ),
    node: z.string().max(200).exactOptional(),
  }),
  size: z.strictObject({ entries: z.int().min(0), bytes: z.int().min(0) }),
  packages: z.int().min(0),
  keep: z.strictObject({ releases: z.int().min(0), bytes: z.number().min(0) }),
}) satisfies z.ZodType<ReleaseRecord>;

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
  wanted: z.union([z.strictObject({ name: z.string().min(1).max(200) }), z.strictObject({ provenIn: name })]),
});
export type ReleaseInput = z.infer<typeof ReleaseInput>;

export const ReleasesInput = z.strictObject({ project: project.exactOptional() });
export type ReleasesInput = z.infer<typeof ReleasesInput>;

export const VerifyInput = z.strictObject({ project, names: z.array(z.string().min(1).max(200)) });
export type VerifyInput = z.infer<typeof VerifyInput>;

export const AbortInput = z.strictObject({ project, environment: name, by: z.string().max(200) });
export type AbortInput = z.infer<typeof AbortInput>;

export const ApproveInput = z.strictObject({ project, environment: name, by: z.string().max(200) });
export type ApproveInput = z.infer<typeof ApproveInput>;

export const StatusInput = z.strictObject({ project: project.optional(), environment: name.optional() });
export type StatusInput = z.infer<typeof StatusInput>;

export const HistoryInput = z.strictObject({ project, environment: name, limit: z.int().min(1).max(10_000) });
export type HistoryInput = z.infer<typeof HistoryInput>;

export const RolloutInput = z.strictObject({ id: z.string().max(200) });

export const LogsInput = z.strictObject({
  project,
  environment: name,
  slot: z.enum(['blue', 'green']).optional(),
  lines: z.int().min(0).max(10_000),
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
export const RolloutPart = z.string().min(1).max(200);
