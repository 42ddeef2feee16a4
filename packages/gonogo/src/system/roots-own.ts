import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * What others than root can put something else in the place of: a file, or the first folder above it from the top;
 * undefined when only root can. A link counts, because what it leads to was not looked at. In a folder with the sticky
 * bit nobody replaces what is another's, inode(7).
 */
export function notRootsOwn(path: string): string | undefined {
  const above = dirname(path);
  const found = above === path ? undefined : notRootsOwn(above);
  return found ?? (isRootsOwn(path) ? undefined : path);
}

function isRootsOwn(path: string): boolean {
  const stat = lstatSync(path);
  const others = (stat.mode & 0o022) !== 0;
  const sticky = stat.isDirectory() && (stat.mode & 0o1000) !== 0;
  return stat.uid === 0 && (!others || sticky);
}
