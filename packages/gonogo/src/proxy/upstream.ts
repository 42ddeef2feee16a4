import { Health } from './health.ts';
import type { Lasting } from './lasting.ts';
import { limits as defaults, type Limits } from './limits.ts';
import type { MemberOf } from './table.ts';
import { type Asker, UpstreamConnection } from './upstream-connection.ts';

const maxIdle = 256;

/** One instance that receives requests, with the connections kept to it. */
export class Upstream {
  readonly member: MemberOf;
  inFlight = 0;
  /** What is in flight and does not end by itself. */
  readonly lasting = new Set<Lasting>();
  readonly health: Health;
  readonly #limits: Limits;
  /** The one that was used last is used first, so that the others can grow old and go. */
  #idle: UpstreamConnection[] = [];
  #sweep: NodeJS.Timeout | undefined;
  #gone = false;

  constructor(member: MemberOf, limits: Limits = defaults) {
    this.member = member;
    this.#limits = limits;
    this.health = new Health(limits);
  }

  begin(): void {
    this.inFlight += 1;
  }

  end(): void {
    this.inFlight -= 1;
    if (this.#gone && this.inFlight === 0) this.#closeIdle();
  }

  /** It gets no more requests; its connections close when the last answer is complete. */
  leave(): void {
    this.#gone = true;
    if (this.inFlight === 0) this.#closeIdle();
  }

  /**
   * A connection for one request: a kept one, unless `fresh`. What cannot be repeated rides none that the instance may be
   * about to close.
   */
  take(asker: Asker, how: { readonly fresh: boolean; readonly repeatable: boolean }): UpstreamConnection {
    const connection = (how.fresh ? undefined : this.#kept(how.repeatable)) ?? this.#open();
    connection.begin(asker);
    return connection;
  }

  /** Takes back a connection whose answer is complete. */
  give(connection: UpstreamConnection): void {
    if (this.#idle.length >= maxIdle) {
      connection.link.destroy();
      return;
    }
    connection.reused = true;
    connection.idleSince = performance.now();
    this.#idle.push(connection);
    this.#sweep ??= setInterval(() => this.#closeOld(), 1000).unref();
  }

  lost(connection: UpstreamConnection): void {
    const at = connection.reused ? this.#idle.indexOf(connection) : -1;
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #kept(repeatable: boolean): UpstreamConnection | undefined {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (!connection.usable) continue;
      if (repeatable || performance.now() - connection.idleSince <= connection.idleLimit) return connection;
      this.#idle.push(connection); // The others are older still.
      return undefined;
    }
    return undefined;
  }

  #open(): UpstreamConnection {
    return new UpstreamConnection(this, this.#limits);
  }

  #closeOld(): void {
    const now = performance.now();
    while (this.#idle[0] && now - this.#idle[0].idleSince > this.#limits.keepUpstream)
      this.#idle.shift()?.link.destroy();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #closeIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.link.destroy();
  }
}
