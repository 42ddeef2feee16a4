import type { CanarySteps } from '../domain/environment.ts';
import type { Plan, Step } from '../domain/plan.ts';
import type { SlotName } from '../domain/slot.ts';
import { otherSlot } from '../domain/slot.ts';
import { all, type Split } from '../domain/split.ts';
import { proveAside } from './aside.ts';
import { blueGreen } from './blue-green.ts';
import { approve, flip, flipWork, watch, watchFor } from './traffic.ts';
import { handOver } from './workers.ts';
import { splitBefore, usual, type World } from './world.ts';

/** Where the configuration names no steps. */
const usualSteps: CanarySteps = { weights: [5, 25, 50], each: 30_000 };

/** A few users first, then more, each time watched; the first deploy has nobody to compare with and flips once. */
export function canary(world: World): Plan {
  if (!world.live) return blueGreen(world);
  const steps = world.spec.canary ?? usualSteps;
  return {
    seq: [
      ...proveAside(world),
      ...approve(world),
      ...grow(world, steps),
      ...handOver(world),
      ...watch(world),
    ],
  };
}

/** One flip and one watch for each weight, and at the end everything. */
function grow(world: World, { weights, each }: CanarySteps): Step[] {
  const splits = weights.map((weight) => shared(world.next.slot, weight));
  return [...splits, all(world.next.slot)].flatMap((to, index) => {
    const from = splits[index - 1] ?? splitBefore(world);
    const weight = weights[index];
    const forward = flip(world, weight === undefined ? 'flip' : `flip-${weight}`, { from, to });
    // Back means back at once, not down the same stairs: whatever users have met, they leave it together.
    const undo = [flipWork(world, { from: to, to: usual(world), or: [from] })];
    // Workers start when everybody is with the new release: until then there is none to watch.
    const rules = { ...world.spec.watch, for: each };
    return [
      { ...forward, undo },
      ...(weight === undefined ? [] : [watchFor(world, `watch-${weight}`, { rules, workers: false })]),
    ];
  });
}

/** Green's share in percent, and the rest for what is live. */
const shared = (next: SlotName, weight: number): Split =>
  ({ [next]: weight, [otherSlot(next)]: 100 - weight }) as Split;
