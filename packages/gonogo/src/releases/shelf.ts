import { join } from 'node:path';
import { problem } from '../errors.ts';
import { sha256 } from '../system/digest.ts';
import { readIfPresent } from '../system/files.ts';
import { parseIndex } from './bundle-index.ts';
import type { BundleEntry } from './entry.ts';

/**
 * Where the parts of a bundle lie under the folder of all: its tree, which instances run from; its index, which is there
 * only while the tree is known to be whole; when each entry was last modified as it was unpacked; and what was found to be
 * changed.
 */
export const placesOf = (folder: string, digest: string) => {
  const name = hexOf(digest);
  return {
    tree: join(folder, name),
    index: join(folder, `${name}.index`),
    modified: join(folder, `${name}.modified`),
    damaged: join(folder, `${name}.damaged`),
  };
};

export const hexName = /^[0-9a-f]{64}$/;

/** A digest reaches a file name, so it must be one. */
function hexOf(digest: string): string {
  const name = digest.replace(/^sha256:/, '');
  if (digest.startsWith('sha256:') && hexName.test(name)) return name;
  throw problem('INTERNAL', { what: `${JSON.stringify(digest)} is not a digest` });
}

/** The entries of a bundle; undefined when there is no index. Fails with ARTIFACT_CHANGED when it is another one. */
export async function entriesOf(folder: string, digest: string): Promise<BundleEntry[] | undefined> {
  const text = await readIfPresent(placesOf(folder, digest).index);
  if (text === undefined) return undefined;
  if (sha256(text) === digest) return parseIndex(text, { entries: Infinity, bytes: Infinity });
  throw problem('ARTIFACT_CHANGED', {
    artifact: digest,
    path: 'its index',
    why: 'its content is another one',
  });
}
