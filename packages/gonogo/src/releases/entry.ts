import { problem } from '../errors.ts';
import { whyUnsafeLink } from './link.ts';

/** One entry of a bundle, by its path relative to the root. */
export type BundleEntry =
  | { readonly is: 'folder'; readonly path: string }
  | { readonly is: 'link'; readonly path: string; readonly target: string }
  | FileEntry;

export type FileEntry = {
  readonly is: 'file';
  readonly path: string;
  readonly executable: boolean;
  readonly size: number;
  /** SHA-256 of its content, 64 hex digits. */
  readonly hash: string;
};

/** What a bundle may hold; generous for an application, and little enough for a disk. */
export type Limits = {
  /** Default 200,000. */
  readonly entries: number;
  /** Unpacked bytes; default 8 GiB. */
  readonly bytes: number;
};

export const defaultLimits: Limits = { entries: 200_000, bytes: 8 * 1024 ** 3 };

const maxPathBytes = 1024;
const maxNameBytes = 255;

/**
 * Checks entries as hostile input: each must lie inside, once, in a folder that came before it as a real one, and a
 * link must stay inside. Fails with BUNDLE_UNSAFE.
 */
export function checkEntries(entries: readonly BundleEntry[], limits: Limits): void {
  const seen = new Map<string, BundleEntry['is']>();
  let bytes = 0;
  for (const entry of entries) {
    const why = whyUnsafePath(entry.path, seen) ?? whyUnsafeEntry(entry);
    if (why !== undefined) throw problem('BUNDLE_UNSAFE', { path: shown(entry.path), why });
    seen.set(entry.path, entry.is);
    bytes += entry.is === 'file' ? entry.size : 0;
    if (seen.size > limits.entries) throw tooMuch(entry, `more than ${limits.entries} entries`);
    if (bytes > limits.bytes) throw tooMuch(entry, `more than ${limits.bytes} bytes`);
  }
}

const whyUnsafeEntry = (entry: BundleEntry): string | undefined =>
  entry.is === 'link' ? whyUnsafeLink(entry.path, entry.target) : undefined;

function whyUnsafePath(path: string, seen: ReadonlyMap<string, BundleEntry['is']>): string | undefined {
  const segments = path.split('/');
  if (path.includes('\0') || path.includes('\uFFFD') || !path.isWellFormed())
    return 'its name is not plain UTF-8';
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return 'its path is not a plain path inside the bundle';
  }
  if (Buffer.byteLength(path) > maxPathBytes) return `its path is longer than ${maxPathBytes} bytes`;
  if (segments.some((segment) => Buffer.byteLength(segment) > maxNameBytes)) return 'its name is too long';
  if (seen.has(path)) return 'it is in the bundle twice';
  const parent = segments.slice(0, -1).join('/');
  return parent === '' || seen.get(parent) === 'folder'
    ? undefined
    : 'its folder did not come before it as a folder';
}

const tooMuch = (entry: BundleEntry, what: string): Error =>
  problem('BUNDLE_UNSAFE', { path: shown(entry.path), why: `with it the bundle has ${what}` });

/** A hostile name as it may be shown on a terminal: quoted, and not too long. */
const shown = (name: string): string => JSON.stringify(name.slice(0, 200));

/** The name of a file's content in a host's store and on the way to it: its hash, and `x` for a program, whose mode differs. */
export const contentName = ({ hash, executable }: FileEntry): string => (executable ? `${hash}x` : hash);
