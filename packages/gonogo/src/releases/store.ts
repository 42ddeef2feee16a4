import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../errors.ts';
import type { Artifacts } from '../ports/revisions.ts';
import { onDisk } from '../system/disk.ts';
import { isErrno, makePrivateFolder } from '../system/files.ts';
import { bootId, identify, isAlive } from '../system/process.ts';
import type { Limits } from './entry.ts';
import { removeTree, settleTree, syncPath } from './settle.ts';
import { unpack } from './unpack.ts';

export interface ArtifactStore extends Artifacts {
  has(digest: string): Promise<boolean>;
  /**
   * Unpacks an archive once, read-only, and durably before it resolves. A digest that is here already is not read
   * again. Fails with ARTIFACT_MISMATCH, BUNDLE_UNSAFE (hostile or damaged) or DISK_FULL, and leaves nothing behind.
   */
  put(digest: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** The digests that are here. */
  list(): Promise<string[]>;
  /** Removes an artifact; one that is not here is removed already. */
  remove(digest: string): Promise<void>;
}

export type ArtifactStoreOptions = { readonly limits?: Limits };

/** Unpacked artifacts by digest, under a folder that is made when it is first needed. */
export function artifactStore(folder: string, options: ArtifactStoreOptions = {}): ArtifactStore {
  let cleaned: Promise<void> | undefined;
  const ready = async (): Promise<void> => {
    await makePrivateFolder(folder);
    cleaned ??= removeLeftovers(folder);
    await cleaned;
  };
  const pathOf = (digest: string): string => join(folder, hexOf(digest));
  const has = (digest: string): Promise<boolean> => onDisk(folder, () => isFolder(pathOf(digest)));
  return {
    has,
    put: (digest, bytes) =>
      onDisk(folder, async () => {
        await ready();
        if (!(await has(digest))) await putNew(digest, bytes, { folder, path: pathOf(digest), ...options });
      }),
    locate: async ({ digest }) => {
      if (await has(digest)) return pathOf(digest);
      throw problem('ARTIFACT_MISSING', { artifact: digest });
    },
    list: () =>
      onDisk(folder, async () => {
        await ready();
        return (await readdir(folder)).filter((name) => hex.test(name)).map((name) => `sha256:${name}`);
      }),
    remove: (digest) => onDisk(folder, () => removeArtifact(folder, pathOf(digest))),
  };
}

const hex = /^[0-9a-f]{64}$/;

/** A digest reaches a file name, so it must be one. */
function hexOf(digest: string): string {
  const name = digest.replace(/^sha256:/, '');
  if (digest.startsWith('sha256:') && hex.test(name)) return name;
  throw problem('INTERNAL', { what: `${JSON.stringify(digest)} is not a digest` });
}

type Place = ArtifactStoreOptions & { readonly folder: string; readonly path: string };

async function putNew(digest: string, bytes: AsyncIterable<Uint8Array>, place: Place): Promise<void> {
  const { folder, path, limits } = place;
  // Beside its final place: a read-only folder can be renamed only within its parent.
  const incoming = join(folder, temporaryName());
  await mkdir(incoming, { mode: 0o700 });
  try {
    const entries = await unpack(bytes, { folder: incoming, digest, ...(limits && { limits }) });
    await settleTree(incoming, entries);
    await renameOnce(incoming, path);
    await syncPath(folder);
  } catch (error) {
    await removeTree(incoming);
    throw error;
  }
}

/** Another put of the same digest may have been quicker: its content is the same. */
async function renameOnce(incoming: string, path: string): Promise<void> {
  try {
    await rename(incoming, path);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY') && !isErrno(error, 'EEXIST')) throw error;
    await removeTree(incoming);
  }
}

/** Out of its place first, so that a crash never leaves a part of it under its digest. */
async function removeArtifact(folder: string, path: string): Promise<void> {
  const leaving = join(folder, temporaryName());
  try {
    await rename(path, leaving);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  await removeTree(leaving);
}

/** Names the process that works there, so that another knows what a crash left behind. */
function temporaryName(): string {
  const { pid, startTime } = identify(process.pid) ?? { pid: process.pid, startTime: '' };
  return `.unfinished-${pid}-${startTime}-${randomBytes(6).toString('hex')}`;
}

async function removeLeftovers(folder: string): Promise<void> {
  const boot = bootId();
  for (const name of await readdir(folder)) {
    const [, pid, startTime] = /^\.unfinished-(\d+)-(\d*)-[0-9a-f]+$/.exec(name) ?? [];
    if (pid === undefined || startTime === undefined) continue;
    if (!isAlive({ boot, pid: Number(pid), startTime })) await removeTree(join(folder, name));
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
