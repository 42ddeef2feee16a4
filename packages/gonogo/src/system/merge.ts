type Next<T> = { readonly from: AsyncIterator<T>; readonly result: IteratorResult<T> };

/** What several sources yield, as it comes; ends when all have ended, and closes all when the reader leaves. */
export async function* merge<T>(sources: readonly AsyncIterable<T>[]): AsyncIterable<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const waiting = new Map(iterators.map((from) => [from, next(from)]));
  try {
    while (waiting.size > 0) {
      const { from, result } = await Promise.race(waiting.values());
      if (result.done) waiting.delete(from);
      else {
        waiting.set(from, next(from));
        yield result.value;
      }
    }
  } finally {
    for (const from of waiting.keys()) void from.return?.();
  }
}

async function next<T>(from: AsyncIterator<T>): Promise<Next<T>> {
  return { from, result: await from.next() };
}
