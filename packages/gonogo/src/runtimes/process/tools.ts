import type { WorldTools } from './world.ts';

/** What everything in this folder works with; `index.ts` makes it. */
export type ProcessTools = WorldTools & {
  readonly shared: string;
  readonly launching: Set<string>;
  /** Ports that were chosen and whose launch is not recorded yet. */
  readonly chosen: Set<number>;
  /** Part of a name that is never used twice: time and randomness. */
  readonly newId: () => string;
  readonly random: () => number;
};
