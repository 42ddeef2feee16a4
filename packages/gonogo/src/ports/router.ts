import type { Route } from '../domain/front.ts';
import type { Counters } from '../domain/signals.ts';
import type { SlotId } from '../domain/slot.ts';
import type { Shift, Split } from '../domain/split.ts';
import type { Target } from '../domain/target.ts';
import type { Millis } from '../domain/units.ts';
import type { Fence } from './leases.ts';
import type { InstanceId } from './runtime.ts';

export type Member = { readonly instance: InstanceId; readonly host: string; readonly port: number };

/** How requests may wait: how many of them, and for how many milliseconds from now at most. */
export type HoldBounds = { readonly atMost: number; readonly within: Millis };

export type Observed = {
  /** `nobody` for a target that has no route. */
  readonly split: Split;
  /** Grows with every change of the split, and with nothing else. 0: there is no route. */
  readonly generation: number;
  /** Every worker serves this split. */
  readonly settled: boolean;
};

/** A shift that is checked and ready; `commit` cannot fail for anything that could have been seen before. */
export type Prepared = { readonly shift: Shift; readonly generation: number; readonly token: string };

/** What did not end by itself before its slot was let go. */
export type Drained = {
  /** WebSockets and event streams that were closed, one after another, so that their clients come again. */
  readonly closed: number;
  /** What was in flight still at the deadline: it ends with its instance. */
  readonly cut: number;
};

export type Shifted = {
  readonly generation: number;
  /** From the call of `commit` to the data plane's acknowledgement. */
  readonly ms: Millis;
};

/** What sends user traffic to a slot. */
export interface Router {
  readonly can: {
    readonly moves: 'requests' | 'connections' | 'lookups';
    readonly members: 'told' | 'own';
    readonly swap: 'atomic' | 'checked' | 'blind';
    readonly ack: 'data-plane' | 'proved' | 'elapsed';
    readonly weights: boolean;
    readonly hold: boolean;
  };
  observe(target: Target): Promise<Observed>;
  /** Why `publish` would fail for this route, if it would; changes nothing. */
  vet(target: Target, route: Route): Promise<string | undefined>;
  /** Makes the front listen for a target, with the split `nobody` if it is new. Safe to repeat. */
  publish(target: Target, route: Route): Promise<void>;
  /** Takes the front away; a target without a route is unpublished already. */
  unpublish(target: Target): Promise<void>;
  /**
   * Membership never moves the split's generation. Fails with LEASE_LOST when a newer lease has acted; fence 0 acts under
   * no lease, as the supervisor does.
   */
  members(slot: SlotId, members: readonly Member[], fence?: Fence): Promise<void>;
  /** Compare-and-swap on the observed generation; fails with ROUTER_MOVED if the split is not `shift.from`. */
  prepare(shift: Shift, fence: Fence): Promise<Prepared>;
  /** Resolves when the data plane acknowledges. */
  commit(prepared: Prepared): Promise<Shifted>;
  drop(prepared: Prepared): Promise<void>;
  /**
   * New requests wait instead of being refused, until `release` or the end of the bounds; then they go where the split
   * says. Only where `can.hold`. A front that is started anew meanwhile holds nobody.
   */
  hold(target: Target, bounds: HoldBounds): Promise<void>;
  release(target: Target): Promise<void>;
  /**
   * Resolves when nothing is in flight to the slot, or at the deadline. With `instances` only what is in flight to those
   * counts, also when they are members no more.
   */
  drain(slot: SlotId, deadline: Millis, instances?: readonly InstanceId[]): Promise<Drained>;
  /** What users asked of who is in the slot now, by whoever counts it: a slot that was empty begins anew. */
  counters(slot: SlotId): Promise<readonly Counters[]>;
  /** Asks through the front on a fresh connection which slot answers `path`; undefined when nobody does. */
  whoAnswers(target: Target, path: string): Promise<SlotId['slot'] | undefined>;
}
