import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { problem } from '../errors.ts';
import { sha256 } from '../system/digest.ts';
import { build } from './build.ts';
import { renderIndex } from './bundle-index.ts';
import { type DigestCache, openDigestCache } from './digest-cache.ts';
import type { BundleEntry, FileEntry } from './entry.ts';
import { hashFile } from './hash.ts';
import type { Roots } from './include.ts';
import { listTree, type TreeEntry } from './tree.ts';

export type BundleSource = {
  /** The project's folder, absolute. */
  readonly from: string;
  /** Files, folders and simple globs relative to `from`; default: all of it but what `include.ts` leaves out. */
  readonly include?: readonly string[];
  /** Absolute paths that are never part of it: gonogo's own state. */
  readonly never?: readonly string[];
  /** A command to run first, without a shell. */
  readonly build?: readonly string[];
  /** The build's environment; default: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A file that remembers what was hashed, so that only what changed is read again; default: all is read. */
  readonly cache?: string;
  readonly signal?: AbortSignal;
  /** Hears the build's output. */
  readonly onOutput?: (text: string) => void;
};

export type Bundle = {
  /** `sha256:` and the SHA-256 of the index: the artifact's identity. */
  readonly digest: string;
  /** Every file, folder and link as text, each file by the digest of its content. */
  readonly index: string;
  readonly entries: readonly BundleEntry[];
  /** The sum of its files' sizes. */
  readonly bytes: number;
  /** The folder its files lie in, absolute. */
  readonly from: string;
};

/**
 * Builds a folder and identifies what it consists of: the same content has the same digest on every machine, whatever
 * its times, owners, umask and order of creation. Nothing is copied; `sendBundle` reads the files again. Fails with
 * BUILD_FAILED, BUNDLE_EMPTY or BUNDLE_UNSAFE.
 */
export async function packBundle(source: BundleSource): Promise<Bundle> {
  const from = await folderOf(source.from);
  if (source.build) await build(source.build, buildOptions(source, from));
  const tree = await listTree(await rootsOf(source, from));
  const cache = source.cache === undefined ? undefined : await openDigestCache(source.cache);
  const entries = await hashAll({ from, tree, cache }, source.signal);
  await cache?.save().catch(() => undefined); // Without it the next time takes longer, and no more.
  const index = renderIndex(entries);
  return { digest: sha256(index), index, entries, bytes: sizeOf(entries), from };
}

const sizeOf = (entries: readonly BundleEntry[]): number =>
  entries.reduce((sum, entry) => sum + (entry.is === 'file' ? entry.size : 0), 0);

async function folderOf(from: string): Promise<string> {
  const stats = await stat(from).catch((error: unknown) => {
    throw problem('BUNDLE_UNSAFE', { path: from, why: 'there is no such folder' }, error);
  });
  if (!stats.isDirectory()) throw problem('BUNDLE_UNSAFE', { path: from, why: 'it is not a folder' });
  return realpath(from);
}

function buildOptions(source: BundleSource, cwd: string): Parameters<typeof build>[1] {
  const { env = process.env, signal, onOutput } = source;
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { cwd, env: Object.fromEntries(set), ...(signal && { signal }), ...(onOutput && { onOutput }) };
}

/** `never` by its real path, because `from` is one; what does not exist need not be left out. */
async function rootsOf({ include = [], never = [] }: BundleSource, from: string): Promise<Roots> {
  const real = await Promise.all(never.map((path) => realpath(path).catch(() => path)));
  return { from, include, never: real };
}

type Hashing = {
  readonly from: string;
  readonly tree: readonly TreeEntry[];
  readonly cache: DigestCache | undefined;
};

/** How long hashing keeps the thread at a time, in milliseconds. */
const slice = 50;

async function hashAll({ from, tree, cache }: Hashing, signal?: AbortSignal): Promise<BundleEntry[]> {
  const entries: BundleEntry[] = [];
  let until = performance.now() + slice;
  for (const entry of tree) {
    entries.push(entry.is === 'file' ? fileOf(from, entry, cache) : entry);
    if (performance.now() < until) continue;
    await breathe();
    signal?.throwIfAborted();
    until = performance.now() + slice;
  }
  return entries;
}

type TreeFile = Extract<TreeEntry, { is: 'file' }>;

/** Only the owner's executable bit counts: the others depend on the umask. */
function fileOf(from: string, { path, stats }: TreeFile, cache: DigestCache | undefined): FileEntry {
  const common = {
    is: 'file',
    path,
    executable: (stats.mode & 0o100n) !== 0n,
    size: Number(stats.size),
  } as const;
  const known = cache?.get(path, stats);
  if (known !== undefined) return { ...common, hash: known };
  const readAt = Date.now();
  const found = hashFile(join(from, path));
  if (found.stats.size !== stats.size || found.stats.mtimeNs !== stats.mtimeNs) throw changed(path);
  cache?.set(path, stats, { hash: found.hash, readAt });
  return { ...common, hash: found.hash };
}

/** A file whose content is not what was packed: something writes to it meanwhile. */
export const changed = (path: string): Error =>
  problem('BUNDLE_UNSAFE', { path, why: 'it changed while it was packed' });
