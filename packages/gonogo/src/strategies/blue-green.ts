import type { Plan } from '../domain/plan.ts';
import { all } from '../domain/split.ts';
import { proveAside } from './aside.ts';
import { approve, flip, watch } from './traffic.ts';
import { handOver } from './workers.ts';
import { splitBefore, type World } from './world.ts';

/** A complete second environment, tested through its own address while users stay on the first; then one flip. */
export const blueGreen = (world: World): Plan => ({
  seq: [
    ...proveAside(world),
    ...approve(world),
    flip(world, 'flip', { from: splitBefore(world), to: all(world.next.slot) }),
    ...handOver(world),
    ...watch(world),
  ],
});
