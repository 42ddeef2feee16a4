import type { Clock } from '../../ports/clock.ts';
import type { KernelLog } from '../../system/kernel-log.ts';
import type { Engine } from './engine.ts';
import type { DockerOptions } from './options.ts';
import type { InspectCache } from './world.ts';

/** What everything in this folder works with; `index.ts` makes it. */
export type DockerTools = {
  readonly engine: Engine;
  readonly options: DockerOptions;
  /** Names the state folder in labels: what carries another owner is not ours. */
  readonly owner: string;
  /** `state.shared` */
  readonly shared: string;
  readonly clock: Clock;
  /** What was found out about containers, as long as the engine tells of their changes. */
  readonly inspected: InspectCache;
  /** Containers that the engine has told of that they used more memory than they may. */
  readonly outOfMemory: Set<string>;
  readonly kernel: KernelLog;
  /** Containers that are being made in this process just now. */
  readonly launching: Set<string>;
  /** Ports that were chosen and whose container is not there yet. */
  readonly chosen: Set<number>;
  /** Part of a name that is never used twice: time and randomness. */
  readonly newId: () => string;
  readonly random: () => number;
};
