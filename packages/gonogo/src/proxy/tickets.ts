import { randomUUID } from 'node:crypto';
import { RpcError } from '../system/rpc.ts';
import type { ProxyInput, RouteWire } from '../wire/proxy.ts';
import { fenced, type SplitOf, sameSplit, shifted, type Table } from './table.ts';

export type Ticket = {
  readonly target: string;
  readonly generation: number;
  readonly to: SplitOf;
  readonly fence: number;
};

/** Shifts that are prepared and neither committed nor dropped. */
export class Tickets {
  readonly #open = new Map<string, Ticket>();

  /** Refused with FENCED when a newer lease has acted, with MOVED when the split is not `from`. */
  prepare(
    route: RouteWire,
    { target, from, to, fence }: ProxyInput<'prepare'>,
  ): { token: string; generation: number } {
    refuseStale(route, fence);
    if (!sameSplit(route.split, from)) throw new RpcError('MOVED', 'the split is another one');
    const token = randomUUID();
    this.#open.set(token, { target, generation: route.generation, to, fence });
    return { token, generation: route.generation + 1 };
  }

  /** The table that remembers who prepared. */
  fence(table: Table, { target, fence }: ProxyInput<'prepare'>): Table {
    const known = table.find((route) => route.target === target)?.fence ?? 0;
    return fence > known ? fenced(table, target, fence) : table;
  }

  /** The table after the shift. */
  commit(table: Table, route: RouteWire, { target, generation, to, fence }: Ticket): Table {
    refuseStale(route, fence);
    if (route.generation !== generation) throw new RpcError('MOVED', 'the split has moved since');
    return shifted(table, target, to);
  }

  find(token: string): Ticket {
    const ticket = this.#open.get(token);
    if (!ticket) throw new RpcError('UNKNOWN_TOKEN', 'nothing is prepared under this token');
    return ticket;
  }

  drop(token: string): void {
    this.#open.delete(token);
  }
}

function refuseStale(route: RouteWire, fence: number): void {
  if (fence < route.fence)
    throw new RpcError('FENCED', `lease ${route.fence} has acted since lease ${fence}`);
}
