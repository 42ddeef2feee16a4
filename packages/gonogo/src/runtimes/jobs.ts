import { createHash } from 'node:crypto';
import type { PoolId, SlotId } from '../domain/slot.ts';
import { jobRole } from '../ports/runtime.ts';

/** How much of what a job printed is kept. */
export const keptLines = 200;

export const jobPool = (slot: SlotId): PoolId => ({ ...slot, role: jobRole });

/** The same name for the same key, so that a job that was begun is found again. */
export function jobName({ target, slot }: SlotId, key: string): string {
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 20);
  return `${target.service}.${target.environment}.${slot}.${jobRole}.${hash}`;
}
