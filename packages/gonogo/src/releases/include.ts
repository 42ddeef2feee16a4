import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../errors.ts';
import { isErrno } from '../system/files.ts';

/** Where a bundle comes from, and what is never part of it. */
export type Roots = {
  /** An absolute folder that exists. */
  readonly from: string;
  /** Files, folders and globs relative to `from`; a folder is taken whole. Empty: `from` itself. */
  readonly include: readonly string[];
  /** Absolute paths that are never part of the bundle, such as gonogo's own state. */
  readonly never: readonly string[];
};

/** Left out below what `include` names: secrets, history and caches. Naming one of them takes it. */
const leftOut = [
  /(^|\/)\.env(\.[^/]*)?$/,
  /(^|\/)\.(git|hg|svn)$/,
  /(^|\/)node_modules\/\.cache$/,
  /(^|\/)\.DS_Store$/,
];

/** Left out of a whole project: it says how the artifact is deployed, so editing it must not make another artifact. */
const leftOutAtTop = /^gonogo\.ya?ml$/;

/** True for a path, relative to `from`, that is left out unless `include` names it. */
export const isLeftOut = (path: string): boolean =>
  leftOut.some((pattern) => pattern.test(path)) || leftOutAtTop.test(path);

/**
 * The paths, relative to `from`, that the include list names; `''` is `from` itself. A glob knows `*` and `?` within a
 * name and `**` for any folders; as in a shell they do not match a leading dot. Fails with BUNDLE_EMPTY for an entry
 * that names nothing, and with BUNDLE_UNSAFE for one that leads out of `from`.
 */
export async function namedPaths({ from, include }: Roots): Promise<string[]> {
  if (include.length === 0) return [''];
  const found = await Promise.all(
    include.map(async (entry) => {
      const paths = await matches(from, segmentsOf(entry));
      if (paths.length === 0) throw problem('BUNDLE_EMPTY', { from, include: [entry] });
      return paths;
    }),
  );
  return found.flat();
}

/** `./dist/**` and `dist/` are the folder `dist`. */
function segmentsOf(entry: string): string[] {
  if (entry.startsWith('/')) throw problem('BUNDLE_UNSAFE', { path: entry, why: 'it is not relative' });
  const segments = entry.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..'))
    throw problem('BUNDLE_UNSAFE', { path: entry, why: 'it leads out of the folder' });
  while (segments.at(-1) === '**') segments.pop();
  return segments;
}

async function matches(from: string, segments: readonly string[], base = ''): Promise<string[]> {
  const [segment, ...rest] = segments;
  if (segment === undefined) return [base];
  if (segment === '**')
    return [...(await matches(from, rest, base)), ...(await inFolders(from, segments, base))];
  const names = /[*?]/.test(segment) ? await matchingNames(join(from, base), segment) : [segment];
  const found = await Promise.all(names.map((name) => oneName(from, rest, pathOf(base, name))));
  return found.flat();
}

/** What a name leads to, if there is something; folders that are symbolic links are not followed. */
async function oneName(from: string, rest: readonly string[], path: string): Promise<string[]> {
  const stats = await statIfPresent(join(from, path));
  if (!stats) return [];
  if (rest.length === 0) return [path];
  if (stats.isSymbolicLink()) {
    throw problem('BUNDLE_UNSAFE', { path, why: 'it is a symbolic link; name the folder that it points to' });
  }
  return stats.isDirectory() ? matches(from, rest, path) : [];
}

async function inFolders(from: string, segments: readonly string[], base: string): Promise<string[]> {
  const entries = await readdir(join(from, base), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const found = await Promise.all(folders.map((entry) => matches(from, segments, pathOf(base, entry.name))));
  return found.flat();
}

async function matchingNames(folder: string, pattern: string): Promise<string[]> {
  const text = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${pattern.startsWith('.') ? '' : '(?!\\.)'}${text}$`, 's');
  return (await readdir(folder)).filter((name) => expression.test(name));
}

export const pathOf = (base: string, name: string): string => (base === '' ? name : `${base}/${name}`);

async function statIfPresent(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}
