/** A folder of a release that outlives it, in normal form: `data/uploads`. Undefined for the release itself and outside. */
export function sharedPath(path: string): string | undefined {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (path.startsWith('/') || segments.includes('..') || segments.length === 0) return undefined;
  return segments.join('/');
}

/**
 * Which of some folders in normal form lies in, or is, another one. Who may write to the outer one could put a link to
 * anywhere in the place of the inner one, and the agent, which makes it, may be root.
 */
export const nestedIn = (path: string, others: readonly string[]): string | undefined =>
  others.find((other) => path === other || path.startsWith(`${other}/`));
