import { randomBytes } from 'node:crypto';
import { messageOf } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Fence } from '../../ports/leases.ts';
import type { ImageShelf } from '../../ports/revisions.ts';
import type { InstanceId, Runtime } from '../../ports/runtime.ts';
import { engineSocket } from '../../system/docker-host.ts';
import { kernelLog } from '../../system/kernel-log.ts';
import { listenersOf, poolsOf } from '../pools.ts';
import { hold, onePoolAtATime, telling } from '../turns.ts';
import { endOne, makeSo, removePool, replace } from './apply.ts';
import { openEngine } from './engine.ts';
import { listen } from './events.ts';
import { imageShelf } from './images.ts';
import { hasBegun, runJob } from './job.ts';
import { listeningOf } from './listening.ts';
import { poolLogs } from './logs.ts';
import { DockerOptions } from './options.ts';
import { processorTimes } from './processor.ts';
import type { DockerTools } from './tools.ts';
import { vantageOf } from './vantage.ts';
import { vet } from './vet.ts';
import { born, type Found, look } from './world.ts';

export type DockerRuntimeTools = {
  /** Names the state folder; the same for ever. */
  readonly owner: string;
  /** `state.shared` */
  readonly shared: string;
  readonly clock: Clock;
  /** Where the engine listens, as DOCKER_HOST says it; default: the usual socket. */
  readonly host?: string | undefined;
  /** Answers another text each time, for ever: letters, digits and dashes; default: time and randomness. */
  readonly newId?: () => string;
  /** 0 ≤ x < 1; default: the system's. */
  readonly random?: () => number;
  /** Told what went wrong where nobody waits for an answer; default: a line on stderr. */
  readonly onError?: (error: unknown) => void;
  readonly options?: DockerOptions;
};

export type DockerRuntime = Runtime & {
  readonly images: ImageShelf;
  /** Ends its listening to the engine; containers run on. */
  close(): void;
};

/** Runs instances as containers of a Docker Engine on this machine. */
export async function dockerRuntime(given: DockerRuntimeTools): Promise<DockerRuntime> {
  const options = given.options ?? DockerOptions.parse({});
  const engine = await openEngine(engineSocket(given.host), options.timeout);
  const tools: DockerTools = { ...defaults, ...given, ...freshState(), engine, options };
  const { add: onChange, tell: changed } = listenersOf();
  const closing = new AbortController();
  const pools = onePoolAtATime();
  const changing = telling(pools, changed);
  const fences = new Map<string, Fence>();
  void listen(tools, { changed, failed: given.onError ?? report, signal: closing.signal });
  const find = async (instance: InstanceId): Promise<Found | undefined> =>
    born(await look(tools)).find((found) => found.id === instance);

  return {
    can: { supervise: false, scale: true, overlap: true },
    images: imageShelf(engine, given.owner),
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
    observe: async (target) => poolsOf(born(await look(tools, target))),
    onChange,
    remove: (pool, grace, fence = 0) =>
      pools.run(pool, () => {
        hold(fences, pool, fence);
        return removePool(tools, pool, grace);
      }),
    processorTimes: (pool) => processorTimes(tools, pool),
    listening: async (instance, port) => listeningOf(await find(instance), port),
    vantage: async (instance) => vantageOf(tools, await find(instance), instance),
    logs: (pool, wish) => poolLogs(tools, pool, wish),
    close: () => {
      closing.abort();
      tools.kernel.close();
    },
  } satisfies DockerRuntime;
}

const freshState = () => ({
  inspected: new Map(),
  outOfMemory: new Set<string>(),
  kernel: kernelLog(),
  launching: new Set<string>(),
  chosen: new Set<number>(),
});

const defaults = {
  newId: (): string => `${Date.now().toString(36)}${randomBytes(3).toString('hex')}`,
  random: Math.random,
};

const report = (error: unknown): void => {
  process.stderr.write(`docker runtime: ${messageOf(error)}\n`);
};
