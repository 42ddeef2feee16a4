import { copyFile, link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { isErrno } from '../system/files.ts';
import { inBatches } from './batches.ts';

/**
 * The contents of all bundles of a host, each once, under its content's name; trees are made of hard links to them. A
 * content that no tree links to has a link count of 1.
 */
export type Contents = {
  /** Which of these are here. */
  among(names: ReadonlySet<string>): Promise<Set<string>>;
  /** Makes a hard link to a content; fails with ENOENT when it is not here. */
  linkTo(name: string, path: string): Promise<void>;
  /** Takes files that came in, each under its content's name, out of a folder. */
  take(names: ReadonlySet<string>, from: string): Promise<void>;
  /** Forgets a content that is damaged; trees that link to it keep it. */
  forget(name: string): Promise<void>;
  /** Removes what no tree links to; answers how many bytes that was. */
  sweep(): Promise<number>;
};

const sideBySide = 64;
const groupOf = (name: string): string => name.slice(0, 2);

/** The contents under a folder, in 256 folders by the first two digits. */
export function contentsIn(folder: string): Contents {
  const pathOf = (name: string): string => join(folder, groupOf(name), name);
  return {
    among: (names) => among(folder, names),
    linkTo: (name, path) => linkOrRenew(pathOf(name), path),
    async take(names, from) {
      for (const group of new Set([...names].map(groupOf)))
        await mkdir(join(folder, group), { recursive: true, mode: 0o700 });
      await inBatches([...names], sideBySide, (name) => rename(join(from, name), pathOf(name)));
    },
    forget: (name) => rm(pathOf(name), { force: true }),
    sweep: () => sweep(folder),
  };
}

/** A file may have only so many links (EMLINK; 65,000 on ext4): then it is renewed by a copy, to which later links go. */
export async function linkOrRenew(content: string, path: string): Promise<void> {
  try {
    await link(content, path);
  } catch (error) {
    if (!isErrno(error, 'EMLINK')) throw error;
    // Beside the content, where nothing of a bundle can have its name.
    const fresh = `${content}.renewed`;
    await copyFile(content, fresh); // With its mode (copy_file_range(2)).
    await rename(fresh, content);
    await link(content, path);
  }
}

async function among(folder: string, names: ReadonlySet<string>): Promise<Set<string>> {
  const groups = new Set([...names].map(groupOf));
  const here = await Promise.all([...groups].map((group) => namesIn(join(folder, group))));
  return new Set(here.flat().filter((name) => names.has(name)));
}

async function sweep(folder: string): Promise<number> {
  let freed = 0;
  for (const group of await namesIn(folder)) {
    for (const name of await namesIn(join(folder, group))) {
      const path = join(folder, group, name);
      const { nlink, size } = await stat(path);
      if (nlink > 1) continue;
      await rm(path, { force: true });
      freed += size;
    }
    await breathe();
  }
  return freed;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []; // Nothing was ever stored.
    throw error;
  }
}
