import type { CheckResult } from './domain/check.ts';
import type { Event, RolloutSpec } from './domain/event.ts';
import type { Plan } from './domain/plan.ts';
import { beginsWith } from './domain/scaling.ts';
import type { State, WantedPool } from './domain/state.ts';
import type { Target } from './domain/target.ts';
import { loadArtifacts, loadChecks, loadRouter, loadRuntime, type loadStores } from './drivers.ts';
import { planRollout, type Wish } from './engine/plan.ts';
import { type Engine, runEngine } from './engine/run.ts';
import { problem } from './errors.ts';
import type { Clock } from './ports/clock.ts';
import type { ArtifactShelf, Artifacts, ArtifactUploads, ImageShelf } from './ports/revisions.ts';
import type { Router } from './ports/router.ts';
import type { Runtime } from './ports/runtime.ts';
import { performersOf } from './steps/performers.ts';
import { poolSpec, replicasOf, type Tools } from './steps/tools.ts';
import { type Supervisor, supervise, type Wanted } from './supervise/supervise.ts';
import type { Logger } from './system/log.ts';
import type { StateFolder } from './system/state.ts';
import type { KeeperClient } from './wire/keeper.ts';

export type Hooks = {
  readonly onEvents: (events: readonly Event[], state: State) => void;
  readonly onCheck: (key: string, result: CheckResult) => void;
};

export type AssembleOptions = {
  readonly state: StateFolder;
  readonly keeper: KeeperClient;
  /** Closed by what is assembled with them. */
  readonly opening: Promise<Stores>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Who holds leases, in words that identify this process. */
  readonly owner: string;
  /** Answers another text each time, for ever. */
  readonly newId: () => string;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Told what went wrong where nobody waits for an answer. */
  readonly onError: (error: unknown) => void;
};

/** Bundles run as processes, images as containers, whose driver is loaded where there are any. */
async function openRuntime({ state, keeper, clock, newId, random, onError }: AssembleOptions) {
  const processRuntime = await loadRuntime.process();
  const { byArtifact, marksIn } = await loadRuntime.byArtifact();
  const same = { shared: state.shared, clock, newId, random, onError };
  return byArtifact({
    processes: processRuntime({ ...same, folder: state.instances, keeper }),
    containers: async (owner) =>
      await (await loadRuntime.docker())({ ...same, owner, host: process.env.DOCKER_HOST }),
    marks: marksIn(state.containers),
    failed: onError,
  });
}

type Store = Artifacts & ArtifactUploads & ArtifactShelf;

/** Bundles lie in our own store; images in the engine's, which keeps them as they are by their digests. */
const artifactsOf = (bundles: Store, images: ImageShelf): Store => ({
  ...bundles,
  locate: async (artifact) =>
    artifact.kind === 'image' ? await locate(images, artifact.digest) : await bundles.locate(artifact),
  verify: async (artifact) =>
    artifact.kind === 'image' ? void (await locate(images, artifact.digest)) : await bundles.verify(artifact),
  inspect: async (place) => (place.startsWith('sha256:') ? undefined : await bundles.inspect(place)),
});

async function locate(images: ImageShelf, image: string): Promise<string> {
  if (await images.has(image)) return image;
  throw problem('IMAGE_MISSING', { image });
}

/** Everything gonogo remembers, as `drivers.ts` opens it. */
export type Stores = Awaited<ReturnType<Awaited<ReturnType<typeof loadStores.sqlite>>>>;

/** Everything put together: what the agent, or a command without one, acts with. */
export type Assembly = Awaited<ReturnType<typeof assemble>>;

/** Loads the drivers, and puts an engine's parts together. */
export async function assemble(options: AssembleOptions) {
  const { state, keeper, opening, clock, owner } = options;
  const [embeddedRouter, releases, checks, runtimes, stores] = await Promise.all([
    loadRouter.embedded(),
    loadArtifacts(),
    loadChecks(),
    openRuntime(options),
    opening,
  ]);
  const { onError } = options;
  const artifacts = artifactsOf(releases.bundleStore(state.releases), runtimes.images);
  const runtime = inspecting(artifacts, runtimes);
  const closing = new AbortController();
  const tend = { signal: closing.signal, failed: onError };
  const router: Router = embeddedRouter({ keeper, folder: state.proxies, tend });
  const parts = { runtime, router, checks: checks.runner, clock };

  return {
    clock,
    stores,
    artifacts,
    images: runtimes.images,
    runtime,
    router,
    redact: checks.redact,
    fit: releases.fit,
    plan: (current: State, wish: Wish): Promise<{ spec: RolloutSpec; plan: Plan }> =>
      planRollout({ runtime, router, revisions: stores.revisions }, current, wish),
    openEngine: (stream: string, hooks: Hooks): Promise<Engine> => {
      const tools = { ...parts, ...stores, artifacts, suites: checks.suites, redact: checks.redact };
      return runEngine(stream, {
        journal: stores.journal,
        leases: stores.leases,
        clock,
        owner,
        performers: performersOf({ ...tools, onCheck: hooks.onCheck }),
        onEvents: hooks.onEvents,
      });
    },
    supervise: (target: Target): Supervisor => supervise({ ...parts, log: options.log }, target),
    wantedPool: (target: Target, placed: WantedPool): Promise<Wanted> =>
      wantedPool({ ...stores, artifacts }, target, placed),
    /** Ends timers and listeners, and writes what waits; instances and fronts stay. */
    close: async (): Promise<void> => {
      runtime.close();
      closing.abort();
      await stores.close();
    },
  };
}

type Opening = Pick<Tools, 'revisions' | 'vault' | 'artifacts'>;

/** A pool as it is looked after: with a fixed size, or with one that follows its load. */
async function wantedPool(
  tools: Opening,
  target: Target,
  { slot, revision: id, role, serves }: WantedPool,
): Promise<Wanted> {
  const revision = await tools.revisions.open(id);
  const replicas = replicasOf(revision, role);
  const opened = { revision, values: await tools.vault.open(id) };
  const sized = { pool: { target, slot, role }, count: beginsWith(replicas, 0) };
  const wanted = { slot: { target, slot }, serves, spec: await poolSpec(tools, opened, sized) };
  return typeof replicas === 'number' ? wanted : { ...wanted, scaling: replicas };
}

/** A runtime that starts nothing from an artifact that was written to since it was unpacked. */
function inspecting<R extends Runtime>(artifacts: Artifacts, runtime: R): R {
  const restart: Runtime['restart'] = async (spec, succession, signal) => {
    await artifacts.inspect(spec.artifact);
    return await runtime.restart(spec, succession, signal);
  };
  const apply: Runtime['apply'] = async (spec, fence, signal) => {
    // Under a lease a rollout acts, and every byte was read before it began.
    if (fence === 0) await artifacts.inspect(spec.artifact);
    await runtime.apply(spec, fence, signal);
  };
  return { ...runtime, restart, apply };
}
