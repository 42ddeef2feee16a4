import type { SlotName } from './slot.ts';
import type { Target } from './target.ts';

/** How user traffic is divided: by weight per slot, evenly over all instances, or to nobody (the front answers 503). */
export type Split = { readonly blue?: number; readonly green?: number } | 'by-instances' | 'nobody';

/** One target's change of its active split; `from` is what the planner saw, and a flip refuses any other. */
export type Shift = {
  readonly target: Target;
  readonly from: Split;
  readonly to: Split;
  /** Splits that are as good a beginning as `from`: on the way back nobody may know whether the last flip was made. */
  readonly or?: readonly Split[];
};

/** The split that sends everything to one slot. */
export const all = (slot: SlotName): Split => (slot === 'blue' ? { blue: 100 } : { green: 100 });

/** The slots that receive traffic under a split; `by-instances` serves both. */
export function servingSlots(split: Split): SlotName[] {
  if (split === 'nobody') return [];
  if (split === 'by-instances') return ['blue', 'green'];
  return (['blue', 'green'] as const).filter((slot) => (split[slot] ?? 0) > 0);
}

export function sameSplit(a: Split, b: Split): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return (a.blue ?? 0) === (b.blue ?? 0) && (a.green ?? 0) === (b.green ?? 0);
}

/** A split in words: `blue`, `nobody`, `all instances`, `blue 90 : green 10`. */
export function describeSplit(split: Split): string {
  if (typeof split === 'string') return split === 'nobody' ? split : 'all instances';
  const [first, second] = servingSlots(split);
  if (first && second) return `blue ${split.blue} : green ${split.green}`;
  return first ?? 'nobody';
}
