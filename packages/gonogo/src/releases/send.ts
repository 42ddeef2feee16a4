import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, problem } from '../errors.ts';
import { isErrno } from '../system/files.ts';
import { type Bundle, changed } from './bundle.ts';
import { contentName, type FileEntry } from './entry.ts';

/** What a shipment begins with, as one line of JSON: the index's length in bytes, and which contents follow it. */
export type ShipmentHead = { readonly index: number; readonly contents: readonly string[] };

/** Larger files are streamed; smaller ones are sent together, in bytes. */
const atOnce = 1024 * 1024;
const together = 256 * 1024;

/**
 * A bundle on its way to a host: a line that says what follows, the index, and the contents that the host lacks, one
 * after another; the index says how long each is. Fails with BUNDLE_UNSAFE when a file is no more what was packed.
 */
export async function* sendBundle(bundle: Bundle, lacking: readonly string[]): AsyncGenerator<Uint8Array> {
  const files = lackingFiles(bundle, lacking);
  const index = Buffer.from(bundle.index);
  const head: ShipmentHead = { index: index.length, contents: files.map(contentName) };
  let waiting: Buffer[] = [Buffer.from(`${JSON.stringify(head)}\n`), index];
  let bytes = together;
  for (const file of files) {
    if (bytes >= together || file.size > atOnce) {
      yield Buffer.concat(waiting);
      [waiting, bytes] = [[], 0];
    }
    if (file.size > atOnce) yield* large(bundle, file);
    else waiting.push(small(bundle, file));
    bytes += file.size;
  }
  if (waiting.length > 0) yield Buffer.concat(waiting);
}

/** One file for each content: many files of an application are equal. */
function lackingFiles(bundle: Bundle, lacking: readonly string[]): FileEntry[] {
  const wanted = new Set(lacking);
  return bundle.entries.filter(
    (entry): entry is FileEntry => entry.is === 'file' && wanted.delete(contentName(entry)),
  );
}

function small(bundle: Bundle, file: FileEntry): Buffer {
  try {
    const content = readFileSync(join(bundle.from, file.path));
    if (createHash('sha256').update(content).digest('hex') === file.hash) return content;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw unreadable(file, error);
  }
  throw changed(file.path);
}

async function* large(bundle: Bundle, file: FileEntry): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const stream = createReadStream(join(bundle.from, file.path), { highWaterMark: atOnce });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== file.hash) throw changed(file.path);
}

const unreadable = (file: FileEntry, error: unknown): Error =>
  problem('BUNDLE_UNSAFE', { path: file.path, why: messageOf(error) }, error);
