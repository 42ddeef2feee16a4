import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Target, targetKey } from '../domain/target.ts';
import { isErrno, makePrivateFolder, readIfPresent, writeFileAtomic } from '../system/files.ts';

/**
 * What is known without asking the engine: whose containers ours are, and which targets have any. So an environment that
 * runs as plain processes does not depend on an engine that another one uses.
 */
export type Marks = {
  /** The same for ever for one state folder; different for any two. */
  owner(): Promise<string>;
  has(target: Target): Promise<boolean>;
  any(): Promise<boolean>;
  put(target: Target): Promise<void>;
  drop(target: Target): Promise<void>;
};

/** Marks in a folder, which is made when something is marked. */
export function marksIn(folder: string): Marks {
  const ownerFile = join(folder, 'owner');
  const markOf = (target: Target): string =>
    join(folder, `${Buffer.from(targetKey(target)).toString('base64url')}.target`);
  const makeOwner = async (): Promise<string> => {
    const known = await readIfPresent(ownerFile);
    if (known) return known;
    await makePrivateFolder(folder);
    const owner = randomBytes(8).toString('hex');
    await writeFileAtomic(ownerFile, owner);
    return owner;
  };
  let owner: Promise<string> | undefined;
  return {
    owner: () => {
      owner ??= makeOwner();
      return owner;
    },
    has: async (target) => (await readIfPresent(markOf(target))) !== undefined,
    any: async () => (await filesIn(folder)).some((name) => name.endsWith('.target')),
    put: async (target) => {
      await makePrivateFolder(folder);
      await writeFileAtomic(markOf(target), targetKey(target));
    },
    drop: (target) => rm(markOf(target), { force: true }),
  };
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
