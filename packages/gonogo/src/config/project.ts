import type { CheckSpec } from '../domain/check.ts';
import type { EnvironmentSpec } from '../domain/environment.ts';
import type { Contract, Manifest } from '../domain/release.ts';
import type { Keeping } from '../domain/release-record.ts';
import type { Replicas } from '../domain/scaling.ts';

/** One source of an environment's variables; later sources win. */
export type EnvSource = { readonly file: string } | { readonly command: readonly string[] };

/** What a bundle is packed from. */
export type BundleSource = {
  /** The absolute path of the folder that is packed. */
  readonly from: string;
  /** Paths and patterns inside it; absent: what `releases/include.ts` takes by default. */
  readonly include?: readonly string[];
  /** Run in that folder before packing. */
  readonly build?: readonly string[];
};

/** What an image is built from, or the name it has already. */
export type ImageSource =
  | {
      /** The absolute path of the folder that is built. */
      readonly context: string;
      /** Relative to that folder; absent: `Dockerfile`. */
      readonly dockerfile?: string;
      /** The stage that is built; absent: the last one. */
      readonly target?: string;
      readonly args: Readonly<Record<string, string>>;
    }
  | { readonly name: string };

export type ArtifactSource = { readonly bundle: BundleSource } | { readonly image: ImageSource };

export type Environment = {
  readonly spec: EnvironmentSpec;
  readonly env: readonly EnvSource[];
  /** Overrides `run.replicas`. */
  readonly replicas?: Replicas;
};

export type Environments = Readonly<Record<string, Environment>>;

export type Service = {
  readonly name: string;
  readonly artifact: ArtifactSource;
  /** What stays of old releases. */
  readonly keep: Keeping;
  readonly manifest: Manifest;
  readonly environments: Environments;
};

/** `gonogo.yaml` in domain words; frozen. */
export type Project = {
  readonly id: string;
  /** The absolute path of the folder the file lies in. */
  readonly folder: string;
  readonly file: string;
  readonly services: readonly Service[];
};

/** The part of `gonogo.yaml` that checks need: a file without `artifact:`, `run:` or `environments:` has it too. */
export type CheckPlan = {
  readonly id: string;
  readonly folder: string;
  readonly file: string;
  readonly service: string;
  readonly contract: Contract;
  readonly checks: readonly CheckSpec[];
  readonly environments: Environments;
  /** What `gonogo check --rollback` runs on NO-GO instead of asking the agent. */
  readonly rollback?: readonly string[];
};
