import { createHash } from 'node:crypto';
import { type BigIntStats, createReadStream, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { isErrno } from '../system/files.ts';
import { type BundleEntry, contentName } from './entry.ts';
import { hashFile } from './hash.ts';
import { modeOf } from './receive.ts';

/** What of a tree is not as it was unpacked. */
export type Change = { readonly path: string; readonly why: string; readonly entry?: BundleEntry };

export type Verified = {
  readonly folder: string;
  readonly entries: readonly BundleEntry[];
  /** Contents that were hashed just now. */
  readonly fresh?: ReadonlySet<string>;
};

/** How long the thread is kept at a time, in milliseconds: probes and proxies are waiting. */
const slice = 5;
/** Larger files are hashed in pieces, in bytes. */
const atOnce = 4 * 1024 * 1024;

/** Reads every byte of a tree, and answers the first thing that is not as its index says. */
export async function findChange({ folder, entries, fresh }: Verified): Promise<Change | undefined> {
  const names = namesByFolder(entries);
  return await firstChange([{ is: 'folder', path: '' }, ...entries], async (entry) => {
    const path = join(folder, entry.path);
    const why = whyOther(entry, lstatSync(path, { bigint: true }));
    if (why !== undefined) return why;
    if (entry.is === 'link') return readlinkSync(path) === entry.target ? undefined : 'it leads elsewhere';
    if (entry.is === 'folder') return whyOtherNames(readdirSync(path), names.get(entry.path));
    if (fresh?.has(contentName(entry))) return undefined;
    const hash = entry.size > atOnce ? await hashLarge(path) : hashFile(path).hash;
    return hash === entry.hash ? undefined : 'its content is another one';
  });
}

/** Looks at every entry without reading it: kind, mode, size, and when it was modified. */
export async function findTouched(
  { folder, entries }: Verified,
  modified: readonly string[],
): Promise<Change | undefined> {
  let at = 0;
  return await firstChange(entries, (entry) => {
    const stats = lstatSync(join(folder, entry.path), { bigint: true });
    const same = modified[at++] === `${stats.mtimeNs}`;
    return whyOther(entry, stats) ?? (same ? undefined : 'it was modified');
  });
}

async function firstChange(
  entries: readonly BundleEntry[],
  look: (entry: BundleEntry) => Promise<string | undefined> | string | undefined,
): Promise<Change | undefined> {
  let until = performance.now() + slice;
  for (const entry of entries) {
    const why = await looked(entry, look);
    if (why !== undefined) return { path: entry.path || '.', why, entry };
    if (performance.now() < until) continue;
    await breathe();
    until = performance.now() + slice;
  }
  return undefined;
}

async function looked(
  entry: BundleEntry,
  look: (entry: BundleEntry) => Promise<string | undefined> | string | undefined,
): Promise<string | undefined> {
  try {
    const found = look(entry);
    return typeof found === 'object' ? await found : found;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return 'it is not there any more';
    throw error;
  }
}

function whyOther(entry: BundleEntry, stats: BigIntStats): string | undefined {
  const is = stats.isDirectory()
    ? 'folder'
    : stats.isSymbolicLink()
      ? 'link'
      : stats.isFile()
        ? 'file'
        : 'other';
  if (is !== entry.is) return `it is no ${entry.is} any more`;
  if (entry.is === 'link') return undefined;
  const mode = Number(stats.mode) & 0o777;
  const wanted = entry.is === 'folder' ? 0o555 : modeOf(entry);
  if (mode !== wanted) return `its mode is ${mode.toString(8)} and not ${wanted.toString(8)}`;
  return entry.is === 'file' && Number(stats.size) !== entry.size ? 'its size is another one' : undefined;
}

function namesByFolder(entries: readonly BundleEntry[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const { path } of entries) {
    const at = path.lastIndexOf('/');
    const folder = at < 0 ? '' : path.slice(0, at);
    const inside = names.get(folder) ?? new Set();
    names.set(folder, inside.add(path.slice(at + 1)));
  }
  return names;
}

/** Names that are missing are found by their own entries. */
function whyOtherNames(
  found: readonly string[],
  wanted: ReadonlySet<string> = new Set(),
): string | undefined {
  const extra = found.find((name) => !wanted.has(name));
  return extra === undefined
    ? undefined
    : `it holds ${JSON.stringify(extra)}, which is not part of the bundle`;
}

async function hashLarge(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
