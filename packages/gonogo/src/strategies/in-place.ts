import type { Plan } from '../domain/plan.ts';
import { all } from '../domain/split.ts';
import {
  close,
  flip,
  makeRoom,
  preflight,
  provision,
  putBack,
  reach,
  ready,
  stopLive,
  verify,
  type World,
  watch,
} from './world.ts';

/** The old revision stops, the new one starts: the front answers 503 in between, and goes back by itself. */
export const inPlace = (world: World): Plan => ({
  seq: [
    preflight(world),
    ...putBack(world),
    ...makeRoom(world),
    ...(world.live ? [close(world), stopLive(world, world.live)] : []),
    provision(world),
    reach(world),
    ready(world),
    verify(world),
    flip(world, 'flip', { from: 'nobody', to: all(world.next.slot) }),
    watch(world),
  ],
});
