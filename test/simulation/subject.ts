import { drive } from '../../packages/gonogo/src/engine/drive.ts';
import type { LeaseRecord, SimulatedLeases } from './agent/lease.ts';
import type { SimulatedPerformers } from './performers/call.ts';
import { checkPerformer } from './performers/check.ts';
import { flipPerformer } from './performers/flip.ts';
import { jobPerformer } from './performers/job.ts';
import { readyPerformer } from './performers/ready.ts';
import { scalePerformer } from './performers/scale.ts';
import { watchPerformer } from './performers/watch.ts';
import { wishFor } from './wish.ts';

/** What is put to the test: the real loop and strategies, performers that do as the real ones do, and the lease. */
export type Subject = {
  readonly drive: typeof drive;
  readonly plan: typeof wishFor;
  readonly performers: SimulatedPerformers;
  readonly claim: (leases: SimulatedLeases, owner: string, over?: LeaseRecord) => number | LeaseRecord;
  /** Whether a claimed lease is used only if nothing was journalled since the journal was read. */
  readonly readsAgain: boolean;
  readonly renew: (leases: SimulatedLeases, fence: number) => boolean;
};

export const realSubject: Subject = {
  drive,
  plan: wishFor,
  performers: {
    check: checkPerformer,
    scale: scalePerformer,
    ready: readyPerformer,
    job: jobPerformer,
    flip: flipPerformer,
    watch: watchPerformer,
  },
  claim: (leases, owner, over) => leases.claim(owner, over),
  readsAgain: true,
  renew: (leases, fence) => leases.renew(fence),
};
