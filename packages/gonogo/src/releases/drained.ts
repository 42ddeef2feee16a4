/** What tar-stream's writable streams have; their declared types do not name these events. */
type Drains = {
  on(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
};

/** Resolves when a stream takes more, or is destroyed: then nothing drains any more, and what is written is ignored. */
export function drained(stream: Drains): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const settle = (): void => {
    stream.off('drain', settle);
    stream.off('close', settle);
    resolve();
  };
  stream.on('drain', settle);
  stream.on('close', settle);
  return promise;
}
