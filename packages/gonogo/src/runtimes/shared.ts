import { nestedIn, sharedPath } from '../domain/shared.ts';
import { problem } from '../errors.ts';

/** The folders that outlive releases, in normal form. Fails with SHARED_UNSAFE, whatever a manifest was taken from. */
export function sharedPaths(paths: readonly string[]): string[] {
  const clean = paths.map((path) => {
    const found = sharedPath(path);
    if (found === undefined)
      throw problem('SHARED_UNSAFE', { path, why: 'it is not a folder inside the release' });
    return found;
  });
  for (const [at, path] of clean.entries()) {
    const outer = nestedIn(path, clean.toSpliced(at, 1));
    if (outer !== undefined)
      throw problem('SHARED_UNSAFE', { path, why: `it lies in ${outer}, which is shared` });
  }
  return clean;
}
