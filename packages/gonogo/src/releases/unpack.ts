import { createHash } from 'node:crypto';
import { mkdir, open, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Extract } from 'tar-stream';
import { messageOf, Problem, problem } from '../errors.ts';
import { drained } from './drained.ts';
import { defaultLimits, entryChecker, type Limits, type SafeEntry } from './entry.ts';

export type Unpacking = {
  /** An empty folder; what is unpacked into it stays writable for its owner in its folders. */
  readonly folder: string;
  /** `sha256:` and the digest that the bytes must have. */
  readonly digest: string;
  readonly limits?: Limits;
};

/**
 * Unpacks an archive while it comes in, and answers its entries. Files become 0444 or 0555. Fails with
 * ARTIFACT_MISMATCH when the bytes are others than announced, with ARTIFACT_INCOMPLETE when their source fails, with
 * BUNDLE_UNSAFE for anything hostile; whatever it fails with, the folder holds rubbish then.
 */
export async function unpack(bytes: AsyncIterable<Uint8Array>, unpacking: Unpacking): Promise<SafeEntry[]> {
  const hashed = hashing(bytes);
  try {
    const entries = await extractAll(hashed.chunks(), unpacking);
    expectDigest(hashed.digest(), unpacking.digest);
    return entries;
  } catch (error) {
    if (!(error instanceof NotAnArchive)) throw error;
    // Damaged on the way is the likelier reason: the digest over the rest tells.
    await hashed.drain();
    expectDigest(hashed.digest(), unpacking.digest);
    throw problem('BUNDLE_UNSAFE', { path: unpacking.digest, why: error.message }, error.cause);
  }
}

/** The archive's own format is broken; never leaves this file. */
class NotAnArchive extends Error {}

function hashing(bytes: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256');
  const iterator = bytes[Symbol.asyncIterator]();
  // By hand, because `for await` would close the source when the archive turns out broken.
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      hash.update(next.value);
      yield next.value;
    }
  }
  return {
    chunks,
    drain: async (): Promise<void> => {
      for await (const _ of chunks());
    },
    digest: (): string => `sha256:${hash.digest('hex')}`,
  };
}

function expectDigest(actual: string, expected: string): void {
  if (actual !== expected) throw problem('ARTIFACT_MISMATCH', { expected, actual });
}

async function extractAll(
  chunks: AsyncIterable<Uint8Array>,
  { folder, digest, limits }: Unpacking,
): Promise<SafeEntry[]> {
  const { extract } = await import('tar-stream');
  const archive = extract();
  const check = entryChecker(limits ?? defaultLimits);
  const entries: SafeEntry[] = [];
  let source: { readonly error: unknown } | undefined;
  const fed = feed(chunks, archive).catch((error: Error) => {
    source = { error };
    archive.destroy(error);
  });
  try {
    for await (const content of archive) {
      const entry = check(content.header);
      entries.push(entry);
      await place(entry, join(folder, entry.path), content as AsyncIterable<Uint8Array>);
    }
  } catch (error) {
    // The first cause wins: a source that failed has destroyed the archive.
    throw source ? incomplete(digest, source.error) : asBroken(error);
  }
  await fed;
  if (entries.length === 0) throw problem('BUNDLE_UNSAFE', { path: digest, why: 'it is empty' });
  return entries;
}

async function feed(chunks: AsyncIterable<Uint8Array>, archive: Extract): Promise<void> {
  for await (const chunk of chunks) {
    if (archive.destroying) return;
    if (!archive.write(chunk)) await drained(archive);
  }
  archive.end(undefined);
}

async function place(entry: SafeEntry, path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  if (entry.is === 'folder') return void (await mkdir(path, { mode: 0o700 }));
  if (entry.is === 'link') return symlink(entry.target, path);
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of content) await file.writeFile(chunk);
    await file.chmod(entry.executable ? 0o555 : 0o444);
  } finally {
    await file.close();
  }
}

const incomplete = (artifact: string, error: unknown): Problem =>
  error instanceof Problem
    ? error
    : problem('ARTIFACT_INCOMPLETE', { artifact, why: messageOf(error) }, error);

/** What the file system answers has an error number; the rest comes from the archive's own format. */
const asBroken = (error: unknown): unknown =>
  error instanceof Problem || (error as NodeJS.ErrnoException).errno !== undefined
    ? error
    : new NotAnArchive(`it is not a tar archive: ${messageOf(error)}`, { cause: error });
