import type { Header } from 'tar-stream';
import { problem } from '../errors.ts';
import { whyUnsafeLink } from './link.ts';

/** What an archive may hold; generous for an application, and little enough for a disk. */
export type Limits = {
  /** Default 200,000. */
  readonly entries: number;
  /** Unpacked bytes; default 8 GiB. */
  readonly bytes: number;
};

export const defaultLimits: Limits = { entries: 200_000, bytes: 8 * 1024 ** 3 };

/** An entry that is safe to unpack. */
export type SafeEntry =
  | { readonly path: string; readonly is: 'folder' }
  | { readonly path: string; readonly is: 'file'; readonly executable: boolean; readonly size: number }
  | { readonly path: string; readonly is: 'link'; readonly target: string };

const maxPathBytes = 1024;
const maxNameBytes = 255;

/**
 * Checks entries one after another, as hostile input: each must lie inside, once, in a folder that came before it as
 * a real one, and be a file, a folder or a link that stays inside. The check fails with BUNDLE_UNSAFE.
 */
export function entryChecker(limits: Limits): (header: Header) => SafeEntry {
  const seen = new Map<string, SafeEntry['is']>();
  let bytes = 0;
  return (header) => {
    const entry = safeEntry(header);
    const why = whyUnsafePath(entry.path, seen);
    if (why !== undefined) throw problem('BUNDLE_UNSAFE', { path: shown(header.name), why });
    seen.set(entry.path, entry.is);
    bytes += entry.is === 'file' ? entry.size : 0;
    if (seen.size > limits.entries) throw tooMuch(header, `more than ${limits.entries} entries`);
    if (bytes > limits.bytes) throw tooMuch(header, `more than ${limits.bytes} bytes`);
    return entry;
  };
}

function safeEntry(header: Header): SafeEntry {
  const path = header.type === 'directory' ? header.name.replace(/\/$/, '') : header.name;
  if (header.type === 'directory') return { path, is: 'folder' };
  if (header.type === 'file')
    return { path, is: 'file', executable: (header.mode & 0o100) !== 0, size: header.size };
  if (header.type !== 'symlink') {
    throw problem('BUNDLE_UNSAFE', {
      path: shown(header.name),
      why: `it is of the kind ${header.type ?? 'unknown'}`,
    });
  }
  const target = header.linkname ?? '';
  const why = header.size > 0 ? 'it is a symbolic link with content' : whyUnsafeLink(path, target);
  if (why !== undefined) throw problem('BUNDLE_UNSAFE', { path: shown(header.name), why });
  return { path, is: 'link', target };
}

function whyUnsafePath(path: string, seen: ReadonlyMap<string, SafeEntry['is']>): string | undefined {
  const segments = path.split('/');
  if (path.includes('\0') || path.includes('\uFFFD')) return 'its name is not plain UTF-8';
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return 'its path is not a plain path inside the archive';
  }
  if (Buffer.byteLength(path) > maxPathBytes) return `its path is longer than ${maxPathBytes} bytes`;
  if (segments.some((segment) => Buffer.byteLength(segment) > maxNameBytes)) return 'its name is too long';
  if (seen.has(path)) return 'it is in the archive twice';
  const parent = segments.slice(0, -1).join('/');
  return parent === '' || seen.get(parent) === 'folder'
    ? undefined
    : 'its folder did not come before it as a folder';
}

const tooMuch = (header: Header, what: string): Error =>
  problem('BUNDLE_UNSAFE', { path: shown(header.name), why: `with it the archive has ${what}` });

/** A hostile name as it may be shown on a terminal: quoted, and not too long. */
const shown = (name: string): string => JSON.stringify(name.slice(0, 200));
