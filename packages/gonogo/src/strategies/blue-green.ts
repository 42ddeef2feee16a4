import type { Plan } from '../domain/plan.ts';
import { all } from '../domain/split.ts';
import {
  flip,
  makeRoom,
  preflight,
  provision,
  putBack,
  reach,
  ready,
  splitBefore,
  verify,
  type World,
  watch,
} from './world.ts';

/** A complete second environment, tested through its own address while users stay on the first; then one flip. */
export const blueGreen = (world: World): Plan => ({
  seq: [
    preflight(world),
    ...putBack(world),
    ...makeRoom(world),
    provision(world),
    reach(world),
    ready(world),
    verify(world),
    flip(world, 'flip', { from: splitBefore(world), to: all(world.next.slot) }),
    watch(world),
  ],
});
