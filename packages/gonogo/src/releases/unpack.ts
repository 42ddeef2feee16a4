import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno, readIfPresent, writeFileAtomic } from '../system/files.ts';
import type { Mutex } from '../system/mutex.ts';
import { type Contents, linkOrRenew } from './contents.ts';
import type { BundleEntry, Limits } from './entry.ts';
import { temporaryName } from './leftovers.ts';
import { modificationsOf, plantTree } from './plant.ts';
import { receiveBundle } from './receive.ts';
import { removeTree, settleTree, syncPath } from './settle.ts';
import { placesOf } from './shelf.ts';

export type Unpacking = {
  readonly folder: string;
  readonly digest: string;
  readonly contents: Contents;
  readonly limits?: Limits;
  /** One tree after another comes to its place. */
  readonly alone: Mutex;
  /** Fails when a tree is not what its entries say; the contents that just came need not be read again. */
  readonly verify: (
    tree: string,
    entries: readonly BundleEntry[],
    fresh: ReadonlySet<string>,
  ) => Promise<void>;
};

/** Receives a bundle and makes its tree; everything is on the disk before it appears under its digest. */
export async function unpack(bytes: AsyncIterable<Uint8Array>, unpacking: Unpacking): Promise<void> {
  const { folder, digest, limits, contents } = unpacking;
  // Beside its final place: a read-only folder can be renamed only within its parent.
  const [incoming, tree] = [join(folder, temporaryName()), join(folder, temporaryName())];
  try {
    await mkdir(incoming, { mode: 0o700 });
    await mkdir(tree, { mode: 0o700 });
    const received = await receiveBundle(bytes, { folder: incoming, digest, ...(limits && { limits }) });
    const { entries, index } = received;
    const linkTo = (name: string, path: string): Promise<void> =>
      received.contents.has(name) ? linkOrRenew(join(incoming, name), path) : contents.linkTo(name, path);
    await plantTree({ folder: tree, digest, entries, linkTo });
    await settleTree(tree, entries);
    await unpacking.verify(tree, entries, received.contents);
    const settled = { tree, index, modified: await modificationsOf(tree, entries) };
    await unpacking.alone.run(() => appear(settled, unpacking));
    await contents.take(received.contents, incoming);
  } finally {
    await removeTree(incoming);
    await removeTree(tree);
  }
}

type Settled = {
  readonly tree: string;
  readonly index: string;
  readonly modified: readonly string[];
};

/** The index comes last: a tree without one is not whole. */
async function appear({ tree, index, modified }: Settled, { folder, digest }: Unpacking): Promise<void> {
  const places = placesOf(folder, digest);
  if ((await readIfPresent(places.index)) !== undefined) return; // Another put of the same digest was quicker.
  // A tree without an index was found damaged, or a crash left it.
  const replaced = join(folder, temporaryName());
  await rename(places.tree, replaced).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT')) throw error;
  });
  await rename(tree, places.tree);
  await removeTree(replaced);
  await syncPath(folder);
  await writeFileAtomic(places.modified, JSON.stringify(modified));
  await rm(places.damaged, { force: true });
  await writeFileAtomic(places.index, index);
}
