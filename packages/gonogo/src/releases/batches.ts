/** Work on many things, so many at a time; the first failure ends it. */
export async function inBatches<T>(
  things: readonly T[],
  size: number,
  work: (thing: T) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < things.length; at += size) {
    await Promise.all(things.slice(at, at + size).map(work));
  }
}
