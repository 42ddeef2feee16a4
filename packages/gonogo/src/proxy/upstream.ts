import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { limits } from './limits.ts';
import type { MemberOf } from './table.ts';

/** One instance that receives requests, with the connections kept to it. */
export class Upstream {
  readonly member: MemberOf;
  readonly agent = new KeptConnections();
  inFlight = 0;
  #gone = false;

  constructor(member: MemberOf) {
    this.member = member;
  }

  begin(): void {
    this.inFlight += 1;
  }

  end(): void {
    this.inFlight -= 1;
    if (this.#gone && this.inFlight === 0) this.agent.destroy();
  }

  /** It gets no more requests; its connections close when the last answer is complete. */
  leave(): void {
    this.#gone = true;
    if (this.inFlight === 0) this.agent.destroy();
  }
}

/** Connections to one instance. An idle one that is too old, or on which bytes come unasked, is never used again. */
class KeptConnections extends Agent {
  readonly #idleSince = new WeakMap<Duplex, number>();

  constructor() {
    super({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' });
  }

  /**
   * Closes what has been idle for too long. Decided by the clock when a connection is wanted, not by a timer: after a
   * stall of this process the timer may come too late. Free sockets lie oldest first, and the agent skips closed ones
   * at the front of that list.
   */
  closeStale(now = performance.now()): void {
    for (const sockets of Object.values(this.freeSockets)) {
      for (const socket of sockets ?? []) {
        if (now - (this.#idleSince.get(socket) ?? 0) <= limits.idleUpstream) break;
        socket.destroy();
      }
    }
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const keeps = super.keepSocketAlive(socket) as unknown as boolean; // Its type says void; the agent reads the answer.
    if (!keeps || socket.readableLength > 0) return false;
    this.#idleSince.set(socket, performance.now());
    socket.on('data', destroyIt);
    return true;
  }

  override reuseSocket(socket: Duplex, request: Parameters<Agent['reuseSocket']>[1]): void {
    socket.off('data', destroyIt);
    super.reuseSocket(socket, request);
  }
}

/** Bytes before any request would be taken for the answer to the next one, which is somebody else's. */
function destroyIt(this: Socket): void {
  this.destroy();
}
