import type { PoolId } from '../domain/slot.ts';
import { poolKey } from '../domain/slot.ts';
import { sameTarget, type Target, targetKey } from '../domain/target.ts';
import type { ImageShelf } from '../ports/revisions.ts';
import type { InstanceId, PoolSpec, Runtime } from '../ports/runtime.ts';
import { Mutex } from '../system/mutex.ts';
import type { Marks } from './marks.ts';
import { type Listeners, listenersOf } from './pools.ts';
import { askInTurn } from './room.ts';

type Closing = { close(): void };

export type Parts<Containers> = {
  readonly processes: Runtime & Closing;
  /** Loads what runs images, which is not wanted where there are none. */
  readonly containers: (owner: string) => Promise<Containers>;
  readonly marks: Marks;
  readonly failed: (error: unknown) => void;
};

export type ByArtifact = Runtime &
  Closing & {
    readonly images: ImageShelf;
  };

const isImage = (spec: Pick<PoolSpec, 'artifact'>): boolean => spec.artifact.startsWith('sha256:');

/**
 * A bundle runs as processes, an image as containers. An environment that never had a container is never asked of an
 * engine, so it does not depend on one; one that was changed from one to the other is seen whole.
 */
export function byArtifact<Containers extends Runtime & Closing & { readonly images: ImageShelf }>(
  parts: Parts<Containers>,
): ByArtifact {
  const { processes, marks } = parts;
  const { add: onChange, tell } = listenersOf();
  /** By target; everything else is a process. */
  const contained = new Map<string, ReadonlySet<InstanceId>>();
  const applying = applyingIn(marks);
  const load = loaderOf(parts, tell);
  processes.onChange(tell);
  const containersOf = async (target: Target): Promise<Containers | undefined> =>
    (await marks.has(target)) ? await load.containers() : undefined;
  const observe: Runtime['observe'] = async (target) => {
    const containers = await containersOf(target);
    const [ours, theirs] = await Promise.all([processes.observe(target), containers?.observe(target) ?? []]);
    const ids = theirs.flatMap(({ instances }) => instances.map(({ id }) => id));
    contained.set(targetKey(target), new Set(ids));
    return [...ours, ...theirs];
  };
  const of = async (instance: InstanceId): Promise<Runtime> =>
    [...contained.values()].some((ids) => ids.has(instance)) ? await load.containers() : processes;

  const holderOf = async (pool: PoolId): Promise<Runtime> => {
    const containers = await containersOf(pool.target);
    return containers && (await has(containers, pool)) ? containers : processes;
  };

  return {
    can: processes.can,
    // Whatever runs, what is known of it lies on the disk of processes.
    vet: async (spec) => {
      const runners = isImage(spec) ? [async () => await (await load.containers()).vet(spec)] : [];
      return await askInTurn(() => processes.vet(spec), ...runners);
    },
    ...startersOf({ processes, load, containersOf, applying }),
    ...changersOf(async (spec) => (isImage(spec) ? await load.containers() : processes)),
    hasBegun: async (slot, key) =>
      (await processes.hasBegun(slot, key)) ||
      ((await (await containersOf(slot.target))?.hasBegun(slot, key)) ?? false),
    observe,
    onChange,
    remove: async (pool, grace, fence) => {
      const containers = await containersOf(pool.target);
      await Promise.all([processes.remove(pool, grace, fence), containers?.remove(pool, grace, fence)]);
      if (containers)
        await applying.forget(pool.target, async () => (await containers.observe(pool.target)).length === 0);
    },
    processorTimes: async (pool) => await (await holderOf(pool)).processorTimes(pool),
    listening: async (instance, port) => await (await of(instance)).listening(instance, port),
    vantage: async (instance) => await (await of(instance)).vantage(instance),
    logs: async function* (pool, options) {
      yield* (await holderOf(pool)).logs(pool, options);
    },
    images: imagesOf(load.containers),
    close: () => {
      processes.close();
      load.close();
    },
  };
}

/** What is done to one instance is done by whoever runs such an artifact. */
const changersOf = (runnerOf: (spec: PoolSpec) => Promise<Runtime>): Pick<Runtime, 'restart' | 'end'> => ({
  restart: async (spec, ...how) => await (await runnerOf(spec)).restart(spec, ...how),
  end: async (spec, ...which) => await (await runnerOf(spec)).end(spec, ...which),
});

type Starting = {
  readonly processes: Runtime;
  readonly load: { readonly containers: () => Promise<Runtime> };
  readonly containersOf: (target: Target) => Promise<Runtime | undefined>;
  readonly applying: Applying;
};

/** What starts something: the only occasion on which an environment gets its first container. */
const startersOf = ({
  processes,
  load,
  containersOf,
  applying,
}: Starting): Pick<Runtime, 'apply' | 'job'> => ({
  apply: async (spec, fence, signal) => {
    const { pool, manifest } = spec;
    if (isImage(spec)) {
      await processes.remove(pool, manifest.run.grace);
      await applying.run(pool.target, async () => (await load.containers()).apply(spec, fence, signal));
    } else {
      await (await containersOf(pool.target))?.remove(pool, manifest.run.grace);
      await processes.apply(spec, fence, signal);
    }
  },
  job: async (spec, key, signal) => {
    if (!isImage(spec)) return await processes.job(spec, key, signal);
    const { target } = spec.slot;
    return await applying.run(target, async () => (await load.containers()).job(spec, key, signal));
  },
});

const imagesOf = (containers: () => Promise<{ readonly images: ImageShelf }>): ImageShelf => ({
  has: async (id) => await (await containers()).images.has(id),
  put: async (id, bytes) => await (await containers()).images.put(id, bytes),
  keep: async (id, service) => await (await containers()).images.keep(id, service),
  drop: async (id) => await (await containers()).images.drop(id),
});

const has = async (runtime: Runtime, pool: PoolId): Promise<boolean> =>
  (await runtime.observe(pool.target)).some((seen) => poolKey(seen.pool) === poolKey(pool));

type Loader<Containers> = { readonly containers: () => Promise<Containers> } & Closing;

/** Loads what runs containers once, when it is first needed: at the start where there are some already. */
function loaderOf<Containers extends Runtime & Closing>(
  { containers, marks, failed }: Parts<Containers>,
  tell: Listeners['tell'],
): Loader<Containers> {
  let loading: Promise<Containers> | undefined;
  let closed = false;
  const load = async (): Promise<Containers> => {
    const loaded = await containers(await marks.owner());
    loaded.onChange(tell);
    if (closed) loaded.close();
    return loaded;
  };
  const loader = {
    containers: () => {
      loading ??= load().catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      return loading;
    },
    close: () => {
      closed = true;
      loading?.then((loaded) => loaded.close()).catch(() => undefined); // It never was: whoever asked was told.
    },
  };
  const beginning = async (): Promise<void> => {
    if ((await marks.any()) && !closed) await loader.containers();
  };
  beginning().catch(failed);
  return loader;
}

type Applying = {
  run<T>(target: Target, task: () => Promise<T>): Promise<T>;
  forget(target: Target, isEmpty: () => Promise<boolean>): Promise<void>;
};

/** Marks a target before it gets its first container, and forgets it after its last, never in between. */
function applyingIn(marks: Marks): Applying {
  const turn = new Mutex();
  const under: Target[] = [];
  return {
    run: async (target, task) => {
      under.push(target);
      try {
        await turn.run(() => marks.put(target));
        return await task();
      } finally {
        under.splice(under.indexOf(target), 1);
      }
    },
    forget: (target, isEmpty) =>
      turn.run(async () => {
        const busy = (): boolean => under.some((other) => sameTarget(other, target));
        if (!busy() && (await isEmpty()) && !busy()) await marks.drop(target);
      }),
  };
}
