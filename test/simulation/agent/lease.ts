/** A lease as it is stored. */
export type LeaseRecord = { readonly owner: string; readonly fence: number; readonly renewals: number };

/** After this long without renewal somebody else may take over, in milliseconds. */
export const leaseTtl = 15_000;

/** The table of leases of one stream: epochs, renewals, and who may take over. */
export class SimulatedLeases {
  owner: string | undefined;
  fence = 0;
  renewals = 0;

  /** Grants the next epoch, or answers who holds it; `over` is a holder that was seen not to renew. */
  claim(owner: string, over?: LeaseRecord): number | LeaseRecord {
    const held = this.owner !== undefined && this.owner !== owner;
    const isOver = over && over.fence === this.fence && over.renewals === this.renewals;
    if (held && !isOver) return this.record(this.owner ?? '');
    this.owner = owner;
    this.renewals = 0;
    return ++this.fence;
  }

  /** False when somebody else has claimed since. */
  renew(fence: number): boolean {
    if (this.owner === undefined || fence !== this.fence) return false;
    this.renewals++;
    return true;
  }

  release(fence: number): void {
    if (fence === this.fence) this.owner = undefined;
  }

  record(owner: string): LeaseRecord {
    return { owner, fence: this.fence, renewals: this.renewals };
  }
}
