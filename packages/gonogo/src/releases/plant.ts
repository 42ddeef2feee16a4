import { lstat, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../errors.ts';
import { isErrno } from '../system/files.ts';
import { inBatches } from './batches.ts';
import { type BundleEntry, contentName } from './entry.ts';

const sideBySide = 64;

export type Planting = {
  /** An empty folder; its folders stay writable for their owner. */
  readonly folder: string;
  readonly digest: string;
  readonly entries: readonly BundleEntry[];
  /** Makes a hard link to a content. */
  readonly linkTo: (name: string, path: string) => Promise<void>;
};

/** Makes a bundle's tree of hard links. Fails with ARTIFACT_INCOMPLETE when a content is not there. */
export async function plantTree({ folder, digest, entries, linkTo }: Planting): Promise<void> {
  for (const entry of entries)
    if (entry.is === 'folder') await mkdir(join(folder, entry.path), { mode: 0o700 });
  await inBatches(entries, sideBySide, async (entry) => {
    const path = join(folder, entry.path);
    if (entry.is === 'link') await symlink(entry.target, path);
    if (entry.is !== 'file') return;
    try {
      await linkTo(contentName(entry), path);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      throw problem('ARTIFACT_INCOMPLETE', {
        artifact: digest,
        why: `the content of ${entry.path} is not here`,
      });
    }
  });
}

/** When each entry was last modified, in ns since 1970, in their order: by this a restart sees what was changed since. */
export async function modificationsOf(folder: string, entries: readonly BundleEntry[]): Promise<string[]> {
  const found: string[] = [];
  await inBatches([...entries.entries()], sideBySide, async ([at, entry]) => {
    found[at] = `${(await lstat(join(folder, entry.path), { bigint: true })).mtimeNs}`;
  });
  return found;
}
