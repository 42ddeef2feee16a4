import { dirname, join, relative } from 'node:path';
import { sha256 } from '../system/digest.ts';
import { readIfPresent } from '../system/files.ts';

const names = [
  ...['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock'],
  ...['poetry.lock', 'uv.lock', 'Pipfile.lock', 'Gemfile.lock', 'composer.lock', 'Cargo.lock', 'go.sum'],
];

export type Lockfile = { readonly path: string; readonly digest: string; readonly text: string };

/** The lockfile of a folder, or of the nearest folder above that has one (a workspace); `path` is relative to it. */
export async function findLockfile(folder: string): Promise<Lockfile | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    for (const name of names) {
      const text = await readIfPresent(join(at, name));
      if (text !== undefined) return { path: relative(folder, join(at, name)), digest: sha256(text), text };
    }
    // The project ends where its history begins.
    if (dirname(at) === at || (await readIfPresent(join(at, '.git/HEAD'))) !== undefined) return undefined;
  }
}
