import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from '../system/mutex.ts';
import type { RpcHandlers } from '../system/rpc.ts';
import { RpcError } from '../system/rpc.ts';
import {
  type ProxyInput,
  ProxyInputs,
  type ProxyMethod,
  proxyVersion,
  type RouteWire,
} from '../wire/proxy.ts';
import { latencyBounds, type Traffic } from './counters.ts';
import type { Front } from './front.ts';
import type { Routes } from './routes.ts';
import { saveRoutes } from './routes-file.ts';
import {
  fenced,
  published,
  routeOf,
  type SlotName,
  type SplitOf,
  sameSplit,
  shifted,
  type Table,
  unpublished,
  withMembers,
} from './table.ts';

export type ControlOptions = {
  readonly routes: Routes;
  readonly front: Front;
  readonly secret: string;
  readonly file: string;
  /** What was loaded, and is served already. */
  readonly table: Table;
  readonly retire: (deadline: number) => void;
};

type Ticket = {
  readonly target: string;
  readonly generation: number;
  readonly to: SplitOf;
  readonly fence: number;
};
type Place = { target: string; slot: SlotName };
type Some = Place & { readonly instances: readonly string[] };
type Drained = { drained: boolean; cut: number };

/** The control side of a proxy. Every change is stored before it is served, and served before it is acknowledged. */
export class Control {
  readonly #options: ControlOptions;
  readonly #changes = new Mutex();
  readonly #tickets = new Map<string, Ticket>();
  #table: Table;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#table = options.table;
  }

  handlers(): RpcHandlers {
    const { secret, front, retire } = this.#options;
    return {
      hello: () => ({ pid: process.pid, version: proxyVersion, secret, listen: front.listen }),
      observe: checked('observe', ({ target }) => this.#observe(target)),
      publish: checked('publish', ({ target }) => this.#change(() => this.#publish(target))),
      unpublish: checked('unpublish', ({ target }) => this.#change(() => unpublished(this.#table, target))),
      members: checked('members', (input) => this.#change(() => this.#members(input))),
      prepare: checked('prepare', (input) => this.#prepare(input)),
      commit: checked('commit', ({ token }) => this.#commit(token)),
      drop: checked('drop', ({ token }) => void this.#tickets.delete(token)),
      counters: checked('counters', (place) => counted(this.#traffic(place))),
      drain: checked('drain', (input) => this.#drain(input)),
      retire: checked('retire', ({ deadline }) => void retire(deadline)),
    };
  }

  #observe(target: string): { split: SplitOf; generation: number; settled: boolean } {
    const route = routeOf(this.#table, target);
    return { split: route?.split ?? 'nobody', generation: route?.generation ?? 0, settled: true };
  }

  /** One target a proxy so far: a second would get the first one's traffic. */
  #publish(target: string): Table {
    const other = this.#table.find((route) => route.target !== target);
    if (other) throw new RpcError('TAKEN', `${other.target} is served here already`);
    return published(this.#table, target);
  }

  #members(input: ProxyInput<'members'>): Table {
    this.#route(input.target);
    return withMembers(this.#table, input, input.members);
  }

  async #prepare({
    target,
    from,
    to,
    fence,
  }: ProxyInput<'prepare'>): Promise<{ token: string; generation: number }> {
    const route = this.#route(target);
    refuseStale(route, fence);
    if (!sameSplit(route.split, from)) throw new RpcError('MOVED', 'the split is another one');
    if (fence > route.fence) await this.#change(() => fenced(this.#table, target, fence));
    const token = randomUUID();
    this.#tickets.set(token, { target, generation: route.generation, to, fence });
    return { token, generation: route.generation + 1 };
  }

  async #commit(token: string): Promise<{ generation: number }> {
    const ticket = this.#tickets.get(token);
    if (!ticket) throw new RpcError('UNKNOWN_TOKEN', 'nothing is prepared under this token');
    await this.#change(() => {
      const route = this.#route(ticket.target);
      refuseStale(route, ticket.fence);
      if (route.generation !== ticket.generation) throw new RpcError('MOVED', 'the split has moved since');
      return shifted(this.#table, ticket.target, ticket.to);
    });
    this.#tickets.delete(token);
    return { generation: ticket.generation + 1 };
  }

  /** One change after another: the file never holds an older table than the one that is served. */
  #change(next: () => Table): Promise<void> {
    return this.#changes.run(async () => {
      const table = next();
      if (table === this.#table) return;
      await saveRoutes(this.#options.file, table);
      this.#table = table;
      this.#options.routes.serve(table);
    });
  }

  #route(target: string): RouteWire {
    const route = routeOf(this.#table, target);
    if (!route) throw new RpcError('NO_ROUTE', `there is no route for ${target}`);
    return route;
  }

  async #drain({ deadline, instances, ...place }: ProxyInput<'drain'>): Promise<Drained> {
    const traffic = this.#traffic(place);
    return instances
      ? await this.#drainSome({ ...place, instances }, deadline)
      : await drain(traffic, deadline);
  }

  /** Instances leave one by one and seldom, so they are looked at now and then instead of being listened to. */
  async #drainSome({ target, slot, instances }: Some, deadline: number): Promise<Drained> {
    const end = performance.now() + deadline;
    for (;;) {
      const cut = this.#options.routes.inFlightTo(target, slot, instances);
      if (cut === 0 || performance.now() >= end) return { drained: cut === 0, cut };
      await sleep(Math.min(20, Math.max(1, end - performance.now())));
    }
  }

  #traffic({ target, slot }: Place): Traffic {
    this.#route(target);
    const traffic = this.#options.routes.traffic(target, slot);
    if (!traffic) throw new RpcError('NO_ROUTE', `there is no route for ${target}`);
    return traffic;
  }
}

/** A handler that acts only on input of the right shape. */
function checked<M extends ProxyMethod>(method: M, act: (input: ProxyInput<M>) => unknown) {
  return (input: unknown): unknown => {
    const parsed = ProxyInputs[method].safeParse(input);
    if (!parsed.success)
      throw new RpcError('BAD_INPUT', `${method}: ${parsed.error.issues[0]?.message ?? 'bad input'}`);
    return act(parsed.data as ProxyInput<M>);
  };
}

function refuseStale(route: RouteWire, fence: number): void {
  if (fence < route.fence)
    throw new RpcError('FENCED', `lease ${route.fence} has acted since lease ${fence}`);
}

async function drain(traffic: Traffic, deadline: number): Promise<Drained> {
  const drained = await traffic.idle(deadline);
  return { drained, cut: drained ? 0 : traffic.inFlight };
}

const counted = (traffic: Traffic) => ({
  incarnation: traffic.incarnation,
  requests: traffic.requests,
  errors: traffic.errors,
  inFlight: traffic.inFlight,
  latency: { bounds: latencyBounds, counts: traffic.latency },
});
