/**
 * A task that many ask for at once runs once for all of them: who comes while it runs shares the next run, never the one
 * under way, which may not see any more what they have just done.
 */
export function shareNext<T>(task: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | undefined;
  let next: Promise<T> | undefined;
  const run = async (): Promise<T> => {
    const mine = task();
    running = mine;
    try {
      return await mine;
    } finally {
      if (running === mine) running = undefined;
    }
  };
  const runAfter = async (before: Promise<unknown>): Promise<T> => {
    await before.catch(() => undefined); // Whoever asked for it is told.
    next = undefined;
    return await run();
  };
  return () => {
    if (running === undefined && next === undefined) return run();
    next ??= runAfter(running ?? Promise.resolve());
    return next;
  };
}
