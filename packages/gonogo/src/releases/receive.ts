import { createHash } from 'node:crypto';
import { chmod, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, Problem, problem } from '../errors.ts';
import { sha256 } from '../system/digest.ts';
import { maxIndexBytes, parseIndex } from './bundle-index.ts';
import { type ByteReader, byteReader } from './byte-reader.ts';
import { type BundleEntry, contentName, type FileEntry, type Limits } from './entry.ts';
import type { ShipmentHead } from './send.ts';

export type Receiving = {
  /** An empty folder for the contents that come in, each under its content's name. */
  readonly folder: string;
  /** `sha256:` and the digest that the index must have. */
  readonly digest: string;
  readonly limits?: Limits;
};

export type Received = {
  readonly index: string;
  readonly entries: readonly BundleEntry[];
  /** The names of the contents that came. */
  readonly contents: ReadonlySet<string>;
};

const maxHeadBytes = 32 * 1024 * 1024;
/** Contents up to this many bytes are written side by side. */
const atOnce = 1024 * 1024;
const sideBySide = 16;

/**
 * Receives what `sendBundle` sends, as hostile input. Fails with ARTIFACT_MISMATCH when bytes are others than announced,
 * with ARTIFACT_INCOMPLETE when some are missing or their source fails, with BUNDLE_UNSAFE for anything else.
 */
export async function receiveBundle(
  bytes: AsyncIterable<Uint8Array>,
  receiving: Receiving,
): Promise<Received> {
  const { digest, limits } = receiving;
  const source = watched(bytes, digest);
  try {
    const reader = byteReader(digest, source.bytes);
    const head = headOf(await reader.line(maxHeadBytes), digest);
    const index = await reader.take(head.index);
    if (sha256(index) !== digest) throw mismatch(digest, sha256(index));
    const entries = parseIndex(index.toString('utf8'), limits);
    await receiveAll(reader, contentsOf(head, entries), receiving.folder);
    if (!(await reader.isAtEnd())) throw unsafe(digest, 'more was sent than was announced');
    return { index: index.toString('utf8'), entries, contents: new Set(head.contents) };
  } catch (error) {
    // The first cause wins: a source that failed ends everything after it.
    throw source.failure() ?? error;
  }
}

function watched(bytes: AsyncIterable<Uint8Array>, digest: string) {
  let failure: { readonly error: unknown } | undefined;
  async function* passed(): AsyncGenerator<Uint8Array> {
    const iterator = bytes[Symbol.asyncIterator]();
    for (;;) {
      const next = await iterator.next().catch((error: unknown) => {
        failure = { error };
        throw error;
      });
      if (next.done) return;
      yield next.value;
    }
  }
  const asProblem = (error: unknown): Problem =>
    error instanceof Problem
      ? error
      : problem('ARTIFACT_INCOMPLETE', { artifact: digest, why: messageOf(error) }, error);
  return { bytes: passed(), failure: () => failure && asProblem(failure.error) };
}

function headOf(line: string, digest: string): ShipmentHead {
  try {
    const { index, contents } = JSON.parse(line) as ShipmentHead;
    const isHead =
      Number.isSafeInteger(index) && index >= 0 && index <= maxIndexBytes && Array.isArray(contents);
    if (isHead) return { index, contents };
  } catch {
    // Not JSON: said below.
  }
  throw unsafe(digest, 'it is not what gonogo sends');
}

/** What each announced content is, in its order; one that is not in the index, or comes twice, is refused. */
function contentsOf({ contents }: ShipmentHead, entries: readonly BundleEntry[]): FileEntry[] {
  const known = new Map(
    entries.flatMap((entry) => (entry.is === 'file' ? [[contentName(entry), entry]] : [])),
  );
  return contents.map((name) => {
    const entry = known.get(name);
    if (!entry)
      throw unsafe(JSON.stringify(name).slice(0, 100), 'the index does not have it, or it comes twice');
    known.delete(name);
    return entry;
  });
}

async function receiveAll(reader: ByteReader, files: readonly FileEntry[], folder: string): Promise<void> {
  const writing = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  for (const file of files) {
    if (failure) break;
    const path = join(folder, contentName(file));
    if (file.size > atOnce) {
      await receiveLarge(reader, file, path);
      continue;
    }
    const written = writeSmall(file, await reader.take(file.size), path)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => writing.delete(written));
    writing.add(written);
    if (writing.size >= sideBySide) await Promise.race(writing);
  }
  await Promise.all(writing);
  if (failure) throw failure.error;
}

async function writeSmall(file: FileEntry, content: Buffer, path: string): Promise<void> {
  const hash = createHash('sha256').update(content).digest('hex');
  if (hash !== file.hash) throw mismatch(`sha256:${file.hash}`, `sha256:${hash}`);
  await writeFile(path, content, { flag: 'wx', mode: 0o600 });
  await chmod(path, modeOf(file));
}

async function receiveLarge(reader: ByteReader, file: FileEntry, path: string): Promise<void> {
  const hash = createHash('sha256');
  const handle = await open(path, 'wx', 0o600);
  try {
    for await (const piece of reader.pieces(file.size)) {
      hash.update(piece);
      await handle.writeFile(piece);
    }
    await handle.chmod(modeOf(file));
  } finally {
    await handle.close();
  }
  const actual = hash.digest('hex');
  if (actual !== file.hash) throw mismatch(`sha256:${file.hash}`, `sha256:${actual}`);
}

/** Read-only for everybody. */
export const modeOf = ({ executable }: FileEntry): number => (executable ? 0o555 : 0o444);

const mismatch = (expected: string, actual: string): Problem =>
  problem('ARTIFACT_MISMATCH', { expected, actual });

const unsafe = (path: string, why: string): Problem => problem('BUNDLE_UNSAFE', { path, why });
