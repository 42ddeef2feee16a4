import type { Pool } from './claim.ts';
import type { SlotName, SplitOf } from './table.ts';
import type { Upstream } from './upstream.ts';

/** How far each slot is behind its share; smooth weighted round-robin keeps 90:10 even over any ten requests. */
export type Balance = Record<SlotName, number>;

/** The slot of the next request; undefined when no slot that should serve has an instance. */
export function chooseSlot(
  split: SplitOf,
  pools: Readonly<Record<SlotName, Pool>>,
  balance: Balance,
): SlotName | undefined {
  const blue = weightOf(split, 'blue', pools.blue);
  const green = weightOf(split, 'green', pools.green);
  if (blue === 0 || green === 0) return blue > 0 ? 'blue' : green > 0 ? 'green' : undefined;
  balance.blue += blue;
  balance.green += green;
  const chosen = balance.blue >= balance.green ? 'blue' : 'green';
  balance[chosen] -= blue + green;
  return chosen;
}

/** The slot of a client with a place of its own, and among how many: as green's share grows, clients only move to it. */
export function chooseByPlace(
  split: SplitOf,
  pools: Readonly<Record<SlotName, Pool>>,
  place: number,
): { readonly slot: SlotName; readonly among: 1 | 2 } | undefined {
  const blue = weightOf(split, 'blue', pools.blue);
  const green = weightOf(split, 'green', pools.green);
  if (blue === 0 && green === 0) return undefined;
  const slot = place * (blue + green) < green ? 'green' : 'blue';
  return { slot, among: blue > 0 && green > 0 ? 2 : 1 };
}

/** The slot that fewer users are in, or none; undefined if it has no instance. */
export function previewSlot(split: SplitOf, pools: Readonly<Record<SlotName, Pool>>): SlotName | undefined {
  const { blue = 0, green = 0 } = typeof split === 'string' ? {} : split;
  const [less, more] = blue < green ? (['blue', 'green'] as const) : (['green', 'blue'] as const);
  if (pools[less].upstreams.length > 0) return less;
  return blue === green && pools[more].upstreams.length > 0 ? more : undefined;
}

/**
 * The instance with the least in flight; among equals each in turn. `not` is left out unless it is the only one, and so is
 * what its health keeps requests from.
 */
export function chooseUpstream(pool: Pool, not?: Upstream): Upstream | undefined {
  const best = leastBusy(pool, not, true) ?? leastBusy(pool, not, false) ?? not;
  pool.turn = (pool.turn + 1) % Math.max(pool.upstreams.length, 1);
  return best;
}

function leastBusy(
  { upstreams, turn }: Pool,
  not: Upstream | undefined,
  careful: boolean,
): Upstream | undefined {
  let best: Upstream | undefined;
  for (let i = 0; i < upstreams.length; i += 1) {
    const candidate = upstreams[(turn + i) % upstreams.length];
    if (!candidate || candidate === not) continue;
    if (best && candidate.inFlight >= best.inFlight) continue;
    if (careful && !candidate.health.plain && !candidate.health.takes()) continue;
    best = candidate;
  }
  return best;
}

/** A slot without an instance has no weight: the other one takes its share. */
export function weightOf(split: SplitOf, slot: SlotName, pool: Pool): number {
  if (pool.upstreams.length === 0 || split === 'nobody') return 0;
  return split === 'by-instances' ? pool.upstreams.length : (split[slot] ?? 0);
}
