import type {
  EvidenceRef,
  Outcome,
  Step,
  Work,
  WorkKind,
  WorkOf,
} from '../../../packages/gonogo/src/domain/plan.ts';
import type { Invariants } from '../invariants/invariants.ts';
import type { World } from '../world/world.ts';

/** How long to leave others alone with the world, in milliseconds; 0: as long as they like. */
export type Pause = number;

/** What every simulated performer gets. */
export type Call = {
  readonly key: string;
  readonly rollout: string | undefined;
  readonly step: Step['id'];
  readonly direction: 'forward' | 'undo';
  readonly agent: string;
  /** When it was begun, in steps of the simulation. */
  readonly since: number;
  /** The epoch of the lease; 0 until it was verified. */
  fence: number;
  /** The rollout goes back, or the agent has stopped. */
  cancelled: boolean;
};

export type Scene = { readonly world: World; readonly invariants: Invariants };

/** One kind of work, simulated: every `yield` is a moment in which anything else may happen. */
export type SimulatedPerformer<K extends WorkKind> = {
  perform(scene: Scene, work: WorkOf<K>, call: Call): Generator<Pause, Outcome>;
  look(scene: Scene, work: WorkOf<K>, call: Call): Outcome | 'not-begun';
};

/** Every kind of work but the gate, which nobody performs. */
export type SimulatedPerformers = { readonly [K in Exclude<WorkKind, 'ask'>]: SimulatedPerformer<K> };

export type AnyPerformer = {
  perform(scene: Scene, work: Work, call: Call): Generator<Pause, Outcome>;
  look(scene: Scene, work: Work, call: Call): Outcome | 'not-begun';
};

const nothing: readonly EvidenceRef[] = [];

export const ok = (evidence = nothing): Outcome => ({ is: 'ok', evidence });
export const failed = (why: string, evidence = nothing): Outcome => ({ is: 'failed', why, evidence });
export const unknown = (why: string): Outcome => ({ is: 'unknown', why, evidence: nothing });

export const givenUp = unknown('it was given up, because the rollout goes back');
export const leaseLost = failed('another controller has claimed the lease');

/** Tells the runtime and the router which lease acts now; false when a newer one has. */
export function fenceOff({ runtime, router }: World, { fence }: Call): boolean {
  if (fence < runtime.fence || fence < router.fence) return false;
  runtime.fence = fence;
  router.fence = fence;
  return true;
}
