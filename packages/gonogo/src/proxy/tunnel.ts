import type { Link } from './link.ts';
import type { RawOwner, UpstreamConnection } from './upstream-connection.ts';

/**
 * Two connections whose octets pass untouched, both ways. When one closes, the other is closed after what was written to
 * it is out.
 */
export class Tunnel implements RawOwner {
  readonly #client: Link;
  readonly #instance: Link;
  readonly #connection: UpstreamConnection;
  readonly #options: { readonly linger: number; readonly closed: () => void };
  #open = 2;

  /** `linger`: how long the second half may still be written when the first has closed, in milliseconds. */
  constructor(
    client: Link,
    connection: UpstreamConnection,
    options: { readonly linger: number; readonly closed: () => void },
  ) {
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
    this.#instance.writeOctets(bytes, start, end);
    if (this.#instance.congested) this.#client.pause();
  }

  bytes(bytes: Buffer, start: number, end: number): void {
    this.#client.writeOctets(bytes, start, end);
    if (this.#client.congested) this.#instance.pause();
  }

  clientDrained(): void {
    this.#instance.resume();
  }

  drained(): void {
    this.#client.resume();
  }

  clientEnded(): void {
    this.#instance.end();
  }

  ended(): void {
    this.#client.end();
  }

  clientClosed(): void {
    this.#finish(this.#instance);
  }

  closed(): void {
    this.#finish(this.#client);
  }

  /** Closes both sides after what was written to them is out. */
  close(): void {
    this.#client.endSoon(this.#options.linger);
    this.#instance.endSoon(this.#options.linger);
  }

  #finish(other: Link): void {
    this.#open -= 1;
    if (this.#open === 0) {
      this.#options.closed();
      return;
    }
    other.endSoon(this.#options.linger);
  }
}
