import type { Limits } from './limits.ts';
import type { Link } from './link.ts';
import type { RawOwner, UpstreamConnection } from './upstream-connection.ts';

type Options = {
  readonly limits: Limits;
  /** Milliseconds, as all deadlines are counted by. */
  readonly clock: { readonly now: number };
  readonly closed: () => void;
};

/**
 * Two connections whose octets pass untouched, both ways. When one closes, the other is closed after what was written to
 * it is out.
 */
export class Tunnel implements RawOwner {
  readonly #client: Link;
  readonly #instance: Link;
  readonly #connection: UpstreamConnection;
  readonly #options: Options;
  #open = 2;
  /** One end sends nothing more, and the kernel tells no more whether it is there. */
  #half = false;
  #touched = 0;

  constructor(client: Link, connection: UpstreamConnection, options: Options) {
    this.#client = client;
    this.#connection = connection;
    this.#instance = connection.link;
    this.#options = options;
  }

  /** Passes on what came early on either side, and then all the rest. */
  begin(fromClient: Buffer | undefined, fromInstance: Buffer): void {
    this.#connection.become(this);
    if (fromClient) this.#instance.writeOctets(fromClient, 0, fromClient.length);
    if (fromInstance.length > 0) this.#client.writeOctets(fromInstance, 0, fromInstance.length);
    this.#client.resume();
    this.#instance.resume();
  }

  fromClient(bytes: Buffer, start: number, end: number): void {
    this.#touch();
    this.#instance.writeOctets(bytes, start, end);
    if (this.#instance.congested) this.#client.pause();
  }

  bytes(bytes: Buffer, start: number, end: number): void {
    this.#touch();
    this.#client.writeOctets(bytes, start, end);
    if (this.#client.congested) this.#instance.pause();
  }

  clientDrained(): void {
    this.#touch();
    this.#instance.resume();
  }

  drained(): void {
    this.#touch();
    this.#client.resume();
  }

  clientEnded(): void {
    this.#end(this.#instance);
  }

  ended(): void {
    this.#end(this.#client);
  }

  #end(other: Link): void {
    this.#half = true;
    this.#touch();
    other.end();
  }

  #touch(): void {
    this.#touched = this.#options.clock.now;
  }

  /** Looks at the clock. */
  tick(now: number): void {
    if (this.#half && now - this.#touched > this.#options.limits.silence) this.close();
  }

  clientClosed(): void {
    this.#finish(this.#instance);
  }

  closed(): void {
    this.#finish(this.#client);
  }

  /** Closes both sides after what was written to them is out. */
  close(): void {
    for (const link of [this.#client, this.#instance]) link.endSoon(this.#options.limits.tunnelLinger);
  }

  #finish(other: Link): void {
    this.#open -= 1;
    if (this.#open === 0) {
      this.#options.closed();
      return;
    }
    other.endSoon(this.#options.limits.tunnelLinger);
  }
}
