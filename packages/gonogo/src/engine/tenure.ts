import type { Clock } from '../ports/clock.ts';
import type { Fence, Lease, Leases } from '../ports/leases.ts';

/** After this long without renewal another controller may take over. */
const leaseTtl = 15_000;

/** The right of this controller to act on one stream: claimed when something is to be done, renewed until it is. */
export class Tenure {
  readonly #leases: Leases;
  readonly #stream: string;
  readonly #owner: string;
  readonly #clock: Clock;
  #lease: Lease | undefined;
  #claiming: Promise<Lease> | undefined;
  #renewing: AbortController | undefined;
  #lost: unknown;

  constructor(leases: Leases, clock: Clock, { stream, owner }: { stream: string; owner: string }) {
    this.#leases = leases;
    this.#clock = clock;
    this.#stream = stream;
    this.#owner = owner;
  }

  /** The current fence, claiming the lease if we do not hold it; fails with LEASE_HELD or LEASE_LOST. */
  async fence(): Promise<Fence> {
    if (this.#lost !== undefined) throw this.#lost;
    this.#lease ??= await this.#claim();
    return this.#lease.fence;
  }

  /** Whoever asks while it is being claimed waits for the same claim: a second one would end the first. */
  #claim(): Promise<Lease> {
    this.#claiming ??= this.#claimOnce().finally(() => {
      this.#claiming = undefined;
    });
    return this.#claiming;
  }

  async #claimOnce(): Promise<Lease> {
    const lease = await this.#leases.claim(this.#stream, this.#owner, leaseTtl);
    this.#renewing = new AbortController();
    void this.#renew(lease, this.#renewing.signal);
    return lease;
  }

  /** The fence, once the store has said again that the lease is still ours: asked before every effect. */
  async verify(): Promise<Fence> {
    const fence = await this.fence();
    await this.#lease?.renew();
    return fence;
  }

  /** Nothing more is done: somebody else may claim it when it is not renewed for long enough. */
  abandon(): void {
    this.#renewing?.abort();
  }

  async release(): Promise<void> {
    const lease = this.#lease;
    this.#renewing?.abort();
    this.#lease = undefined;
    await lease?.release();
  }

  async #renew(lease: Lease, stopped: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#clock.sleep(leaseTtl / 3, stopped);
        await lease.renew();
      }
    } catch (error) {
      if (!stopped.aborted) this.#lost = error;
    }
  }
}
