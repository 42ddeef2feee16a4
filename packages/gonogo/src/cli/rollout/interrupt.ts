/** The first Ctrl-C asks for a gentle end, the second one for an immediate one; SIGTERM (a cancelled CI job) alike. */
export type Interrupts = { readonly release: () => void };

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Calls `first` at the first signal and `second` at every further one, until it is released. */
export function onInterrupt(first: () => void, second: () => void): Interrupts {
  let count = 0;
  const listener = (): void => {
    count += 1;
    if (count === 1) first();
    else second();
  };
  for (const signal of signals) process.on(signal, listener);
  return {
    release: () => {
      for (const signal of signals) process.off(signal, listener);
    },
  };
}
