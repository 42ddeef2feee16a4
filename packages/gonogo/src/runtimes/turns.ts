import { type PoolId, poolKey } from '../domain/slot.ts';
import { streamOf } from '../domain/target.ts';
import { problem } from '../errors.ts';
import type { Fence } from '../ports/leases.ts';
import { Mutex } from '../system/mutex.ts';

export type Turns = { run<T>(pool: PoolId, task: () => Promise<T>): Promise<T> };

/** What is done to one pool is done in turn; different pools do not wait for each other. */
export function onePoolAtATime(): Turns {
  const turns = new Map<string, Mutex>();
  return {
    run(pool, task) {
      const turn = turns.get(poolKey(pool)) ?? new Mutex();
      turns.set(poolKey(pool), turn);
      return turn.run(task);
    },
  };
}

/** Refuses an earlier holder of the lease with LEASE_LOST. Fence 0 acts under no lease, as the supervisor does. */
export function hold(fences: Map<string, Fence>, pool: PoolId, fence: Fence): void {
  const newest = fences.get(poolKey(pool)) ?? 0;
  if (fence > 0 && fence < newest) throw problem('LEASE_LOST', { stream: streamOf(pool.target) });
  fences.set(poolKey(pool), Math.max(fence, newest));
}

/** Takes turns as well, and tells of a pool when something was done to it. */
export const telling =
  (turns: Turns, changed: (pool: PoolId) => void) =>
  <T>(pool: PoolId, task: () => Promise<T>): Promise<T> =>
    turns.run(pool, async () => {
      const done = await task();
      changed(pool);
      return done;
    });
