import { type BigIntStats, type Dirent, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { problem } from '../errors.ts';
import { isLeftOut, namedPaths, pathOf, type Roots } from './include.ts';
import { whyUnsafeLink } from './link.ts';

/** One entry of a folder that is to be packed, by its path relative to the root. */
export type TreeEntry =
  | { readonly path: string; readonly is: 'folder' }
  | { readonly path: string; readonly is: 'file'; readonly stats: BigIntStats }
  | { readonly path: string; readonly is: 'link'; readonly target: string };

/** How long the walk keeps the thread at a time, in milliseconds: an interrupt must be heard. */
const slice = 50;

/**
 * Everything that a bundle consists of, sorted by the bytes of its path, with every parent folder. Fails with
 * BUNDLE_UNSAFE for what cannot be the same everywhere, and with BUNDLE_EMPTY when there is nothing.
 */
export async function listTree(roots: Roots): Promise<TreeEntry[]> {
  const found = new Map<string, TreeEntry>();
  const due = await namedPaths(roots);
  for (const path of due)
    for (const parent of parentsOf(path)) found.set(parent, { path: parent, is: 'folder' });
  let until = performance.now() + slice;
  // Synchronous calls: a promise for each of tens of thousands of files costs more than the files do.
  for (let path = due.pop(); path !== undefined; path = due.pop()) {
    collect(roots, path, { found, due });
    if (performance.now() < until) continue;
    await breathe();
    until = performance.now() + slice;
  }
  found.delete('');
  if (![...found.values()].some((entry) => entry.is !== 'folder')) {
    throw problem('BUNDLE_EMPTY', {
      from: roots.from,
      include: roots.include.length > 0 ? roots.include : ['.'],
    });
  }
  return sorted([...found.values()]);
}

/** By UTF-8 bytes. Within ASCII that is the order of JavaScript's own comparison, which is much quicker. */
function sorted(entries: TreeEntry[]): TreeEntry[] {
  const isPlain = entries.every(({ path }) => /^[\x20-\x7e]*$/.test(path));
  return isPlain
    ? entries.sort((a, b) => (a.path < b.path ? -1 : 1))
    : entries.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

function parentsOf(path: string): string[] {
  const segments = path.split('/');
  return segments.slice(1).map((_, i) => segments.slice(0, i + 1).join('/'));
}

type Walk = { readonly found: Map<string, TreeEntry>; readonly due: string[] };

function collect(roots: Roots, path: string, { found, due }: Walk): void {
  const absolute = join(roots.from, path);
  if (roots.never.includes(absolute)) return;
  const entry = entryOf(absolute, path);
  found.set(path, entry);
  if (entry.is !== 'folder') return;
  for (const name of namesIn(absolute, path)) {
    const child = pathOf(path, name);
    if (!isLeftOut(child)) due.push(child);
  }
}

function entryOf(absolute: string, path: string): TreeEntry {
  const stats = lstatSync(absolute, { bigint: true });
  if (stats.isDirectory()) return { path, is: 'folder' };
  if (stats.isFile()) return { path, is: 'file', stats };
  if (!stats.isSymbolicLink()) {
    throw problem('BUNDLE_UNSAFE', { path, why: 'it is neither a file, a folder nor a symbolic link' });
  }
  const target = readlinkSync(absolute);
  const why = whyUnsafeLink(path, target);
  if (why !== undefined) throw problem('BUNDLE_UNSAFE', { path, why });
  return { path, is: 'link', target };
}

/** Names as text; one that is not UTF-8 would be another name after unpacking. */
function namesIn(absolute: string, path: string): string[] {
  const entries: Dirent<Buffer>[] = readdirSync(absolute, { withFileTypes: true, encoding: 'buffer' });
  return entries.map(({ name }) => {
    const text = name.toString('utf8');
    if (Buffer.from(text).equals(name)) return text;
    throw problem('BUNDLE_UNSAFE', { path: pathOf(path, text), why: 'its name is not UTF-8' });
  });
}
