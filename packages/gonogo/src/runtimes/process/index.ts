import { randomBytes } from 'node:crypto';
import { messageOf } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Fence } from '../../ports/leases.ts';
import type { InstanceId, Runtime } from '../../ports/runtime.ts';
import { kernelLog } from '../../system/kernel-log.ts';
import type { KeeperClient } from '../../wire/keeper.ts';
import { placeOf } from '../labels.ts';
import { listenersOf, poolsOf } from '../pools.ts';
import { hold, onePoolAtATime, telling } from '../turns.ts';
import { endOne, makeSo, removePool, replace } from './apply.ts';
import { outputFile, poolFolder } from './folders.ts';
import { keepHouse } from './housekeeping.ts';
import { hasBegun, runJob } from './job.ts';
import { listeningIn } from './listening.ts';
import { poolLogs } from './logs.ts';
import { ProcessOptions } from './options.ts';
import { tail } from './output.ts';
import { processorTimes } from './processor.ts';
import type { ProcessTools } from './tools.ts';
import { vantageOf } from './vantage.ts';
import { vet } from './vet.ts';
import { type Found, look } from './world.ts';

export type ProcessRuntimeTools = {
  readonly keeper: KeeperClient;
  /** `state.instances` */
  readonly folder: string;
  /** `state.shared` */
  readonly shared: string;
  readonly clock: Clock;
  /** Answers another text each time, for ever: letters, digits and dashes; default: time and randomness. */
  readonly newId?: () => string;
  /** 0 ≤ x < 1; default: the system's. */
  readonly random?: () => number;
  /** Told what went wrong where nobody waits for an answer; default: a line on stderr. */
  readonly onError?: (error: unknown) => void;
  readonly options?: ProcessOptions;
};

export type ProcessRuntime = Runtime & {
  /** The last lines of one instance's output, oldest first; also of one that ended. */
  tail(instance: InstanceId, lines: number): Promise<string[]>;
  /** Ends its timers and listeners; instances run on. */
  close(): void;
};

/** Runs instances as processes of this machine, children of the keeper. */
export function processRuntime(given: ProcessRuntimeTools): ProcessRuntime {
  const options = given.options ?? ProcessOptions.parse({});
  const tools: ProcessTools = { ...defaults, ...given, ...freshState() };
  const { add: onChange, tell: changed } = listenersOf();
  const closing = new AbortController();
  const pools = onePoolAtATime();
  const changing = telling(pools, changed);
  const fences = new Map<string, Fence>();
  const stopListening = given.keeper.onEnded((launched) => {
    const place = placeOf(launched.labels);
    if (place) changed(place.pool, launched.key);
  });
  void keepHouse(tools, { options, changed, failed: given.onError ?? report, signal: closing.signal });

  return {
    can: { supervise: false, scale: true, overlap: true },
    vet: (spec) => vet(tools, spec),
    apply: (spec, fence, signal) =>
      changing(spec.pool, () => {
        hold(fences, spec.pool, fence);
        return makeSo(tools, spec, signal);
      }),
    restart: (spec, succession, signal) =>
      changing(spec.pool, () => replace(tools, spec, { ...succession, signal })),
    end: (spec, instance, signal) =>
      changing(spec.pool, () => endOne(tools, spec.pool, { instance, signal })),
    job: (spec, key, signal) => runJob(tools, spec, { key, signal }),
    hasBegun: (slot, key) => hasBegun(tools, slot, key),
    observe: async (target) => poolsOf(await look(tools, target)),
    onChange,
    remove: (pool, grace, fence = 0) =>
      pools.run(pool, () => {
        hold(fences, pool, fence);
        return removePool(tools, pool, grace);
      }),
    processorTimes: (pool) => processorTimes(tools, pool),
    listening: async (instance, port) => {
      const found = await find(tools, instance);
      return found && listeningIn({ leader: found.process, launch: found.id }, port);
    },
    vantage: async (instance) => vantageOf(await find(tools, instance), instance),
    logs: (pool, wish) => poolLogs(tools, pool, wish),
    tail: async (instance, lines) => {
      const found = await find(tools, instance);
      return found ? tail(outputFile(poolFolder(tools.folder, found.place.pool), instance), lines) : [];
    },
    close: () => {
      closing.abort();
      stopListening();
      tools.kernel.close();
    },
  } satisfies ProcessRuntime;
}

const freshState = () => ({
  launching: new Set<string>(),
  chosen: new Set<number>(),
  gone: new Map(),
  looks: new Map(),
  kernel: kernelLog(),
});

const defaults = {
  newId: (): string => `${Date.now().toString(36)}${randomBytes(3).toString('hex')}`,
  random: Math.random,
};

const report = (error: unknown): void => {
  process.stderr.write(`process runtime: ${messageOf(error)}\n`);
};

const find = async (tools: ProcessTools, instance: InstanceId): Promise<Found | undefined> =>
  (await look(tools)).find((found) => found.id === instance);
