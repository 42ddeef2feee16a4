import type { Instant, Millis } from '../domain/units.ts';

/** The epoch of a lease: grows with every claim, so that an effect of an earlier holder can be refused. */
export type Fence = number;

export type Lease = {
  readonly fence: Fence;
  /** Fails with LEASE_LOST when somebody else has claimed since. */
  renew(): Promise<void>;
  release(): Promise<void>;
};

export type LeaseInfo = {
  readonly owner: string;
  readonly fence: Fence;
  readonly claimedAt: Instant;
  readonly renewedAt: Instant;
};

/** One rollout per environment: who may act on a stream. */
export interface Leases {
  /** Claims a stream for `owner`; fails with LEASE_HELD while another owner's lease is being renewed. */
  claim(stream: string, owner: string, ttl: Millis): Promise<Lease>;
  holder(stream: string): Promise<LeaseInfo | undefined>;
}
