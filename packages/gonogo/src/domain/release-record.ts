import type { Release } from './release.ts';
import type { Instant } from './units.ts';

/** A library of machine code in a bundle, by the package it belongs to, and each platform it is there for. */
export type NativeModule = {
  readonly name: string;
  /** `linux-x64`, `linux-x64-glibc`, `linux-x64-abi137`, `darwin-arm64`. */
  readonly platforms: readonly string[];
};

/** What a release needs of a host to run at all. */
export type Needs = {
  readonly native: readonly NativeModule[];
  /** The versions of Node.js it runs on, as its package.json says: `>=24`. */
  readonly node?: string;
};

/** How much is kept: beyond it releases go that are neither live nor proven nor part of a rollout. */
export type Keeping = {
  readonly releases: number;
  /** On the disk, what releases have in common counted once. */
  readonly bytes: number;
};

/** Where a release came from, and what is in it. */
export type ReleaseRecord = {
  readonly project: string;
  readonly release: Release;
  readonly builtAt: Instant;
  /** `ada@laptop` */
  readonly builtBy: string;
  /** The revision in git; `dirty` when what was packed has changes that are not committed. */
  readonly source?: { readonly revision: string; readonly dirty: boolean };
  readonly lockfile?: { readonly path: string; readonly digest: string };
  readonly needs: Needs;
  readonly size: { readonly entries: number; readonly bytes: number };
  /** How many packages its list names. */
  readonly packages: number;
  readonly keep: Keeping;
};
