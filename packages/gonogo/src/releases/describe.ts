import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Release } from '../domain/release.ts';
import type { Keeping, Needs, ReleaseRecord } from '../domain/release-record.ts';
import type { Bundle } from './bundle.ts';
import { cycloneDx } from './cyclonedx.ts';
import { gitSource } from './git.ts';
import { findLockfile } from './lockfile.ts';
import { nativeModules } from './native.ts';
import { lockedPackages, packagesOf } from './packages.ts';

export type Built = {
  readonly project: string;
  readonly release: Release;
  /** The folder it was built from, absolute. */
  readonly folder: string;
  readonly builtAt: number;
  readonly builtBy: string;
  readonly keep: Keeping;
  readonly size: ReleaseRecord['size'];
  /** Absent for an image. */
  readonly bundle?: Bundle;
};

/** What is recorded of a release, and the list of its packages. */
export type Described = { readonly record: ReleaseRecord; readonly packages: string };

/** Looks where a release comes from and what is in it. */
export async function describeRelease({ bundle, folder, ...built }: Built): Promise<Described> {
  const lockfile = await findLockfile(folder);
  const [source, packages, needs] = await Promise.all([
    gitSource(folder),
    bundle ? packagesOf(bundle, lockfile?.text) : lockedPackages(lockfile?.text ?? ''),
    bundle ? needsOf(bundle) : { native: [] },
  ]);
  const record: ReleaseRecord = {
    ...built,
    ...(source ? { source } : {}),
    ...(lockfile ? { lockfile: { path: lockfile.path, digest: lockfile.digest } } : {}),
    needs,
    packages: packages.length,
  };
  return { record, packages: cycloneDx(record, packages) };
}

async function needsOf(bundle: Bundle): Promise<Needs> {
  const node = await enginesOf(bundle);
  return { native: await nativeModules(bundle), ...(node === undefined ? {} : { node }) };
}

/** `engines.node` of the bundle's own package.json. */
async function enginesOf({ entries, from }: Bundle): Promise<string | undefined> {
  if (!entries.some(({ is, path }) => is === 'file' && path === 'package.json')) return undefined;
  try {
    const about = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as {
      engines?: { node?: unknown };
    };
    const range = about.engines?.node;
    return typeof range === 'string' && range.length <= 200 ? range : undefined;
  } catch {
    return undefined; // It is not JSON, and the application does not read it then.
  }
}
