/**
 * Why a symbolic link may not be part of an artifact; undefined when it may. It must be relative and stay inside. All
 * its `..` come first, and links are never parents of entries: then each `..` leaves a real folder, and a path through
 * other links, which keep the same rule, cannot leave the tree either.
 */
export function whyUnsafeLink(path: string, target: string): string | undefined {
  if (target === '' || target.includes('\0')) return 'it is a symbolic link to nothing';
  if (target.startsWith('/')) return `it is a symbolic link to the absolute path ${target}`;
  const segments = target.split('/').filter((segment) => segment !== '' && segment !== '.');
  const up = segments.findIndex((segment) => segment !== '..');
  const ups = up === -1 ? segments.length : up;
  if (segments.slice(ups).includes('..'))
    return `it is a symbolic link that goes down and up again: ${target}`;
  const depth = path.split('/').length - 1;
  return ups > depth ? `it is a symbolic link that leads out of the folder: ${target}` : undefined;
}
