import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Artifact } from '../domain/release.ts';
import { problem } from '../errors.ts';
import type { ArtifactShelf, Artifacts, ArtifactUploads } from '../ports/revisions.ts';
import { sha256 } from '../system/digest.ts';
import { onDisk } from '../system/disk.ts';
import { isErrno, makePrivateFolder, readIfPresent, writeFileAtomic } from '../system/files.ts';
import { Mutex } from '../system/mutex.ts';
import { parseIndex } from './bundle-index.ts';
import { type Contents, contentsIn } from './contents.ts';
import { type BundleEntry, contentName, type FileEntry, type Limits } from './entry.ts';
import { removeLeftovers, temporaryName } from './leftovers.ts';
import { removeTree } from './settle.ts';
import { entriesOf, hexName, placesOf } from './shelf.ts';
import { type Unpacking, unpack } from './unpack.ts';
import { type Change, findChange, findTouched } from './verify.ts';

export type BundleStore = Artifacts & ArtifactUploads & ArtifactShelf;

export type BundleStoreOptions = { readonly limits?: Limits };

/** How long what was found here is kept for a put that was announced, in milliseconds. */
const announced = 600_000;

/**
 * Unpacked bundles by digest, under a folder that is made when it is first needed. Every file lies on the disk once,
 * however many bundles have it. Whatever a put fails with (ARTIFACT_MISMATCH, ARTIFACT_INCOMPLETE, BUNDLE_UNSAFE,
 * DISK_FULL), it leaves nothing behind.
 */
export function bundleStore(folder: string, options: BundleStoreOptions = {}): BundleStore {
  const contents = contentsIn(join(folder, 'contents'));
  const store: Store = { folder, contents, ...options, putting: new Map(), alone: new Mutex() };
  let cleaned: Promise<void> | undefined;
  const ready = async (): Promise<void> => {
    await makePrivateFolder(folder);
    cleaned ??= removeLeftovers(folder);
    await cleaned;
  };
  const prepared = <T>(work: () => Promise<T>): Promise<T> =>
    onDisk(folder, async () => {
      await ready();
      return await work();
    });
  return {
    has: (digest) => onDisk(folder, () => exists(placesOf(folder, digest).index)),
    lacking: (digest, index) => prepared(() => lacking(store, digest, index)),
    put: (digest, bytes) => prepared(() => put(store, digest, bytes)),
    locate: (artifact) => onDisk(folder, () => locate(folder, artifact)),
    verify: (artifact) => onDisk(folder, () => verify(store, artifact)),
    inspect: (place) => onDisk(folder, () => inspect(folder, place)),
    list: () => prepared(() => list(folder)),
    contents: (digest) => onDisk(folder, () => contentSizes(folder, digest)),
    remove: (digests) => prepared(() => remove(store, digests)),
  };
}

type Store = BundleStoreOptions & {
  readonly folder: string;
  readonly contents: Contents;
  /** Digests whose missing contents were asked for, and when: what they have here must stay. */
  readonly putting: Map<string, number>;
  readonly alone: Mutex;
};

async function lacking(store: Store, digest: string, index: string): Promise<string[]> {
  if (sha256(index) !== digest)
    throw problem('ARTIFACT_MISMATCH', { expected: digest, actual: sha256(index) });
  store.putting.set(digest, performance.now());
  const names = new Set(filesOf(parseIndex(index, store.limits)).map(contentName));
  const here = await store.contents.among(names);
  return [...names].filter((name) => !here.has(name));
}

async function put(store: Store, digest: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const { folder, contents, limits, alone } = store;
  if (await exists(placesOf(folder, digest).index)) return;
  const check: Unpacking['verify'] = async (tree, entries, fresh) => {
    const change = await findChange({ folder: tree, entries, fresh });
    if (change) throw await unusable(store, digest, change);
  };
  store.putting.set(digest, performance.now());
  try {
    await unpack(bytes, { folder, digest, contents, alone, ...(limits && { limits }), verify: check });
  } finally {
    store.putting.delete(digest);
  }
}

async function locate(folder: string, artifact: Artifact): Promise<string> {
  if (artifact.kind === 'image') return artifact.digest;
  const { tree } = placesOf(folder, artifact.digest);
  if (await exists(tree)) return tree;
  throw problem('ARTIFACT_MISSING', { artifact: artifact.digest });
}

async function verify(store: Store, artifact: Artifact): Promise<void> {
  const folder = await locate(store.folder, artifact);
  await refuseDamaged(store.folder, artifact.digest);
  const entries = artifact.kind === 'bundle' ? await entriesOf(store.folder, artifact.digest) : undefined;
  const change = entries && (await findChange({ folder, entries }));
  if (change) throw await refused(store, artifact.digest, change);
}

/** What was found changed can be sent again: until then it counts as absent. */
async function refused(store: Store, digest: string, change: Change): Promise<Error> {
  const { index, damaged } = placesOf(store.folder, digest);
  await writeFileAtomic(damaged, JSON.stringify({ path: change.path, why: change.why }));
  await rm(index, { force: true });
  return unusable(store, digest, change);
}

/** What is wrong in a tree is not linked to any more. */
async function unusable({ contents }: Store, digest: string, change: Change): Promise<Error> {
  if (change.entry?.is === 'file') await contents.forget(contentName(change.entry));
  return changed(digest, change);
}

async function refuseDamaged(folder: string, digest: string): Promise<void> {
  const found = await readIfPresent(placesOf(folder, digest).damaged);
  if (found !== undefined) throw changed(digest, JSON.parse(found) as Change);
}

async function inspect(folder: string, place: string): Promise<void> {
  if (dirname(place) !== folder) return; // An image: its engine keeps it by its digest.
  const digest = `sha256:${basename(place)}`;
  await refuseDamaged(folder, digest);
  const entries = await entriesOf(folder, digest);
  const modified = await readIfPresent(placesOf(folder, digest).modified);
  if (!entries || modified === undefined) return; // From before indexes were kept.
  const change = await findTouched({ folder: place, entries }, JSON.parse(modified) as string[]);
  if (change) throw changed(digest, change);
}

const changed = (artifact: string, { path, why }: Change): Error =>
  problem('ARTIFACT_CHANGED', { artifact, path, why });

const list = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => hexName.test(name)).map((name) => `sha256:${name}`);

async function contentSizes(folder: string, digest: string): Promise<Map<string, number>> {
  const entries = (await entriesOf(folder, digest)) ?? [];
  return new Map(filesOf(entries).map((file) => [contentName(file), file.size]));
}

const filesOf = (entries: readonly BundleEntry[]): FileEntry[] =>
  entries.filter((entry) => entry.is === 'file');

async function remove(store: Store, digests: readonly string[]): Promise<void> {
  const since = performance.now() - announced;
  for (const [digest, at] of store.putting) if (at < since) store.putting.delete(digest);
  for (const digest of digests) {
    const { tree, ...files } = placesOf(store.folder, digest);
    for (const file of Object.values(files)) await rm(file, { force: true });
    // Out of its place first, so that a crash never leaves a part of it under its digest.
    const leaving = join(store.folder, temporaryName());
    if (await movedAway(tree, leaving)) await removeTree(leaving);
  }
  // A put that was announced counts on what it found here.
  if (digests.length > 0 && store.putting.size === 0) await store.contents.sweep();
}

async function movedAway(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
