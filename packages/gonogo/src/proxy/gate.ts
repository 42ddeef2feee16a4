import { plainAddress } from './forwarded.ts';
import type { Limits } from './limits.ts';

/** Counts the connections of clients, in all and by address, from before they said anything. */
export class Gate {
  readonly #limits: Limits;
  readonly #trusts: (address: string) => boolean;
  readonly #byAddress = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #size = 0;

  constructor(limits: Limits, trusts: (address: string) => boolean) {
    this.#limits = limits;
    this.#trusts = trusts;
  }

  /** Connections now. */
  get size(): number {
    return this.#size;
  }

  /** Whether one more may come in from there; whoever lets it in calls `leave` once when it is gone. */
  enter(address: string): boolean {
    const { connections, connectionsPerAddress: most } = this.#limits;
    const client = clientAt(address);
    const count = this.#byAddress.get(client) ?? 0;
    if (this.#size >= connections || (most > 0 && count >= most && !this.#mayCrowd(address))) return false;
    this.#byAddress.set(client, count + 1);
    this.#size += 1;
    return true;
  }

  leave(address: string): void {
    const client = clientAt(address);
    const count = (this.#byAddress.get(client) ?? 1) - 1;
    if (count === 0) this.#byAddress.delete(client);
    else this.#byAddress.set(client, count);
    this.#size -= 1;
    if (this.#size === 0) for (const wake of this.#waiting) wake();
  }

  /** Resolves when no connection is left, or after `ms`. */
  empty(ms: number): Promise<void> {
    if (this.#size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      setTimeout(resolve, ms).unref();
    });
  }

  #mayCrowd(address: string): boolean {
    return isLocal(address) || this.#trusts(plainAddress(address));
  }
}

/** What one client has to itself: an IPv4 address, or the 64 bits that an IPv6 network is given (RFC 4291 §2.5.4). */
function clientAt(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(':')) return plain;
  const [before = [], after = []] = plain.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}

const isLocal = (address: string): boolean => /^(::ffff:)?127\.|^::1$/.test(address);
