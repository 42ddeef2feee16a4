import { setTimeout as sleep } from 'node:timers/promises';

/** The real clocks of this process; structurally the `Clock` of ports. */
export const systemClock = {
  wall: (): number => Date.now(),
  mono: (): number => performance.now(),
  sleep: async (ms: number, signal?: AbortSignal): Promise<void> => {
    await sleep(ms, undefined, signal ? { signal } : {});
  },
};
