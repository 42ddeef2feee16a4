import type { CheckSpec, EnvRule, Program } from './check.ts';
import type { Replicas } from './scaling.ts';
import type { Millis } from './units.ts';

/** One probe: a check the supervisor asks again and again. */
export type Probe = Question & {
  /** From the instance's start to the first question; absent: none. */
  readonly delay?: Millis;
  readonly every: Millis;
  readonly timeout: Millis;
  readonly failures: number;
  readonly successes: number;
};

type Question =
  /** A path that must answer 200–299; `tcp` asks only whether the port accepts. */
  | { readonly get: string | 'tcp' }
  /** A command that must end with exit code 0, run where the instance runs. */
  | { readonly run: readonly string[] };

export type Health = {
  readonly startup: Probe;
  /** Absent: live means that the process lives. */
  readonly live?: Probe;
  readonly ready: Probe;
  /** What users of a slot get in which nobody is ready; absent: it depends on why nobody is. */
  readonly allUnready?: 'refuse' | 'serve';
};

/** A role that takes no traffic. */
export type WorkerRun = {
  readonly command: readonly string[];
  readonly replicas: Replicas;
  /** False: two revisions of it must never run at once. */
  readonly overlap: boolean;
};

/** How a release changes the database that both slots share. */
export type Migrate = {
  readonly run: readonly string[];
  /** Takes back what `run` did; absent: there is no way back. */
  readonly undo?: readonly string[];
  readonly when: 'before-start' | 'after-ready';
  /** Running it a second time does no harm. */
  readonly repeatable: boolean;
  readonly timeout: Millis;
};

export type Run = {
  /** Empty: an image's own command; a bundle has none. */
  readonly command: readonly string[];
  /** The port an image's container listens on; absent: the one it is told in $PORT. */
  readonly port?: number;
  readonly replicas: Replicas;
  /** By role; absent: there are none. */
  readonly workers?: Readonly<Record<string, WorkerRun>>;
  /** From SIGTERM to SIGKILL. */
  readonly grace: Millis;
  /** Folders, relative to the artifact, that outlive releases. */
  readonly shared: readonly string[];
  /** The operating-system user instances run as; absent: the agent's own. */
  readonly user?: string;
  /** The most memory a container may use, in bytes; absent: no limit. */
  readonly memory?: number;
  /** How many processors a container may keep busy; absent: all. */
  readonly cpus?: number;
  /** Whether a container's own files cannot be changed; absent: they cannot. */
  readonly readOnly?: boolean;
  /** Networks of the engine that a container joins; absent: its default one. */
  readonly networks?: readonly string[];
};

export type Contract = {
  readonly env: Readonly<Record<string, EnvRule>>;
  /** URLs that must be reachable from inside the slot; may hold `${NAME}`. */
  readonly reach: readonly string[];
  /** Which versions of what runs it are right, as `>=24`; absent: whatever is there. */
  readonly runtime?: Readonly<Partial<Record<Program, string>>>;
};

/** Everything that says how an artifact runs and what it needs; a rollback uses the manifest it was deployed with. */
export type Manifest = {
  readonly service: string;
  readonly run: Run;
  readonly contract: Contract;
  readonly health: Health;
  readonly migrate?: Migrate;
  readonly checks: readonly CheckSpec[];
};

/** What is built once and runs everywhere: a packed folder, or a container image; known by its digest alone. */
export type Artifact =
  /** `sha256:` and the SHA-256 of the bundle's index, which names every file by its digest. */
  | { readonly kind: 'bundle'; readonly digest: string }
  /** `sha256:` and the image's id; `reference` is where it can be pulled again: `ghcr.io/acme/shop@sha256:…`. */
  | { readonly kind: 'image'; readonly digest: string; readonly reference?: string };

/** An immutable artifact plus its manifest, identified by a digest over both. */
export type Release = {
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly artifact: Artifact;
  readonly manifest: Manifest;
};

/** `shop@9f3c2a1`: how a release is written for people. */
export const releaseName = (service: string, digest: string): string =>
  `${service}@${digest.replace(/^sha256:/, '').slice(0, 7)}`;
