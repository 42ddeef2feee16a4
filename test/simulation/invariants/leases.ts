import type { World } from '../world/world.ts';
import type { Actor, Invariant, Wrong } from './invariant.ts';

export const leases: readonly Invariant[] = [
  {
    name: 'leases exclude',
    appending: ({ world }, actor) => heldBy(world, actor, 'appends'),
    begun: ({ world }, { key }, actor) => heldBy(world, actor, `begins ${key}`),
    touched: ({ newestFence }, { call }) =>
      call.fence < newestFence
        ? `${call.agent} acts under lease ${call.fence} after lease ${newestFence} has acted`
        : undefined,
  },
];

const heldBy = ({ leases: { owner, fence } }: World, actor: Actor, does: string): Wrong =>
  owner === actor.agent && fence === actor.fence
    ? undefined
    : `${actor.agent} ${does} under lease ${actor.fence}; lease ${fence} is ${owner ?? 'nobody'}'s`;
