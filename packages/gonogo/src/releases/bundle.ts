import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';
import { problem } from '../errors.ts';
import { onDisk } from '../system/disk.ts';
import { build } from './build.ts';
import { drained } from './drained.ts';
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
  readonly signal?: AbortSignal;
  /** Hears the build's output. */
  readonly onOutput?: (text: string) => void;
};

export type Bundle = {
  /** `sha256:` and the SHA-256 of the packed bytes: the artifact's identity. */
  readonly digest: string;
  readonly bytes: number;
  /** The packed bytes, mode 0600, until `dispose`. */
  readonly file: string;
  /** How many files, folders and links it holds. */
  readonly entries: number;
  dispose(): Promise<void>;
};

/**
 * Builds and packs a folder: the same content has the same digest on every machine, whatever its times, owners, umask
 * and order of creation. Fails with BUILD_FAILED, BUNDLE_EMPTY, BUNDLE_UNSAFE, or DISK_FULL in the temporary folder.
 */
export async function packBundle(source: BundleSource): Promise<Bundle> {
  const from = await folderOf(source.from);
  if (source.build) await build(source.build, buildOptions(source, from));
  const entries = await listTree(await rootsOf(source, from));
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-bundle-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'bundle.tar');
    const packed = await onDisk(file, () => pack({ from, entries, file }, source.signal));
    return { ...packed, file, entries: entries.length, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

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

type Packing = { readonly from: string; readonly entries: readonly TreeEntry[]; readonly file: string };

async function pack(
  { from, entries, file }: Packing,
  signal?: AbortSignal,
): Promise<{ digest: string; bytes: number }> {
  const { pack: newPack } = await import('tar-stream');
  const tar = newPack();
  const hash = createHash('sha256');
  let bytes = 0;
  async function* measured(): AsyncGenerator<Uint8Array> {
    for await (const chunk of tar as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  const written = pipeline(
    measured,
    createWriteStream(file, { flags: 'wx', mode: 0o600 }),
    signal ? { signal } : {},
  );
  // A failure to add ends the stream with it, and so `written`; a failure to write is told by `written` itself.
  const added = addAll(tar, from, entries).catch((error: Error) => tar.destroy(error));
  await Promise.all([written, added]);
  return { digest: `sha256:${hash.digest('hex')}`, bytes };
}

async function addAll(tar: Pack, from: string, entries: readonly TreeEntry[]): Promise<void> {
  for (const entry of entries) {
    const common = { name: entry.path, mtime: new Date(0), uid: 0, gid: 0 };
    if (entry.is === 'folder') tar.entry({ ...common, type: 'directory', mode: 0o755 });
    else if (entry.is === 'link')
      tar.entry({ ...common, type: 'symlink', mode: 0o777, linkname: entry.target });
    else await addFile(tar, common, join(from, entry.path));
  }
  tar.finalize();
}

type Common = { readonly name: string; readonly mtime: Date; readonly uid: number; readonly gid: number };

/** Only the owner's executable bit counts: the others depend on the umask. */
async function addFile(tar: Pack, common: Common, path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size, mode, mtimeMs } = await file.stat();
    const added = Promise.withResolvers<void>();
    const header = { ...common, size, type: 'file' as const, mode: mode & 0o100 ? 0o755 : 0o644 };
    const sink = tar.entry(header, (error) => (error ? added.reject(error) : added.resolve()));
    sink.on('error', () => undefined); // `added` tells of it.
    await Promise.all([copy(file, size, sink), added.promise]);
    if ((await file.stat()).mtimeMs !== mtimeMs) throw changed(common.name);
  } catch (error) {
    throw error instanceof Error && error.message === 'Size mismatch' ? changed(common.name) : error;
  } finally {
    await file.close();
  }
}

const changed = (path: string): Error =>
  problem('BUNDLE_UNSAFE', { path, why: 'it changed while it was packed' });

/** Copies `size` bytes of a file, however much it grows meanwhile. */
async function copy(file: FileHandle, size: number, sink: ReturnType<Pack['entry']>): Promise<void> {
  if (size > 0) {
    for await (const chunk of file.createReadStream({
      end: size - 1,
      autoClose: false,
      highWaterMark: 1 << 20,
    })) {
      if (sink.destroying) return;
      if (!sink.write(chunk)) await drained(sink);
    }
  }
  sink.end(undefined);
}
