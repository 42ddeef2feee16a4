import type { Dirent } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../errors.ts';
import { isLeftOut, namedPaths, pathOf, type Roots } from './include.ts';
import { whyUnsafeLink } from './link.ts';

/** One entry of a bundle, by its path relative to the root. */
export type TreeEntry =
  | { readonly path: string; readonly is: 'folder' }
  | { readonly path: string; readonly is: 'file' }
  | { readonly path: string; readonly is: 'link'; readonly target: string };

/**
 * Everything that a bundle consists of, sorted by the bytes of its path, with every parent folder. Fails with
 * BUNDLE_UNSAFE for what cannot be the same everywhere, and with BUNDLE_EMPTY when there is nothing.
 */
export async function listTree(roots: Roots): Promise<TreeEntry[]> {
  const found = new Map<string, TreeEntry>();
  for (const path of await namedPaths(roots)) {
    for (const parent of parentsOf(path)) found.set(parent, { path: parent, is: 'folder' });
    await collect(roots, path, found);
  }
  found.delete('');
  if (![...found.values()].some((entry) => entry.is !== 'folder')) {
    throw problem('BUNDLE_EMPTY', {
      from: roots.from,
      include: roots.include.length > 0 ? roots.include : ['.'],
    });
  }
  return [...found.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

function parentsOf(path: string): string[] {
  const segments = path.split('/');
  return segments.slice(1).map((_, i) => segments.slice(0, i + 1).join('/'));
}

async function collect(roots: Roots, path: string, found: Map<string, TreeEntry>): Promise<void> {
  const absolute = join(roots.from, path);
  if (roots.never.includes(absolute)) return;
  const entry = await entryOf(absolute, path);
  found.set(path, entry);
  if (entry.is !== 'folder') return;
  for (const name of await namesIn(absolute, path)) {
    const child = pathOf(path, name);
    if (!isLeftOut(child)) await collect(roots, child, found);
  }
}

async function entryOf(absolute: string, path: string): Promise<TreeEntry> {
  const stats = await lstat(absolute);
  if (stats.isDirectory()) return { path, is: 'folder' };
  if (stats.isFile()) return { path, is: 'file' };
  if (!stats.isSymbolicLink()) {
    throw problem('BUNDLE_UNSAFE', { path, why: 'it is neither a file, a folder nor a symbolic link' });
  }
  const target = await readlink(absolute);
  const why = whyUnsafeLink(path, target);
  if (why !== undefined) throw problem('BUNDLE_UNSAFE', { path, why });
  return { path, is: 'link', target };
}

/** Names as text; one that is not UTF-8 would be another name after unpacking. */
async function namesIn(absolute: string, path: string): Promise<string[]> {
  const entries: Dirent<Buffer>[] = await readdir(absolute, { withFileTypes: true, encoding: 'buffer' });
  return entries.map(({ name }) => {
    const text = name.toString('utf8');
    if (Buffer.from(text).equals(name)) return text;
    throw problem('BUNDLE_UNSAFE', { path: pathOf(path, text), why: 'its name is not UTF-8' });
  });
}
