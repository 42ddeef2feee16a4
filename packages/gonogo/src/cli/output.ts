let whenClosed = (): void => process.exit();

/** A reader that went (`gonogo logs | head`) is a quiet end, not an error. */
export function endWhenOutputCloses(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    whenClosed();
  });
}

/** For work that goes on without a reader: a rollout is followed to its end, so that the exit code is its verdict. */
export function goOnWhenOutputCloses(): void {
  whenClosed = () => undefined;
}

export const print = (...lines: readonly string[]): void => {
  for (const line of lines) process.stdout.write(`${line}\n`);
};

export const printJson = (value: unknown): void => print(JSON.stringify(value));
