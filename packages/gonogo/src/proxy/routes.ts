import { type Balance, chooseSlot, chooseUpstream } from './choose.ts';
import { Traffic } from './counters.ts';
import type { MemberOf, SlotName, SplitOf, Table } from './table.ts';
import { Upstream } from './upstream.ts';

/** One slot of one target as the data plane sees it. */
export type Pool = {
  readonly slot: SlotName;
  readonly traffic: Traffic;
  upstreams: Upstream[];
  /** Members no more, with something still in flight. */
  leaving: Upstream[];
  turn: number;
};

type LiveRoute = { split: SplitOf; readonly pools: Record<SlotName, Pool>; readonly balance: Balance };

/** What requests are routed by. One `serve` replaces all of it within a tick, so no request sees half a change. */
export class Routes {
  readonly #live = new Map<string, LiveRoute>();
  #retiring = false;

  get retiring(): boolean {
    return this.#retiring;
  }

  /** From now on every answer tells its client to close the connection. */
  retire(): void {
    this.#retiring = true;
  }

  serve(table: Table): void {
    const targets = new Set(table.map((route) => route.target));
    for (const [target, route] of this.#live) if (!targets.has(target)) this.#remove(target, route);
    for (const { target, split, members } of table) {
      const route = this.#live.get(target) ?? emptyRoute();
      route.split = split;
      update(route.pools.blue, members.blue);
      update(route.pools.green, members.green);
      this.#live.set(target, route);
    }
  }

  traffic(target: string, slot: SlotName): Traffic | undefined {
    return this.#live.get(target)?.pools[slot].traffic;
  }

  /** How many requests some instances of a slot have in flight, members or not. */
  inFlightTo(target: string, slot: SlotName, instances: readonly string[]): number {
    const pool = this.#live.get(target)?.pools[slot];
    return [...(pool?.upstreams ?? []), ...(pool?.leaving ?? [])]
      .filter(({ member }) => instances.includes(member.instance))
      .reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  /**
   * Routes one request: reads the active split and counts the request in its slot in the same tick, so that after a
   * flip the old slot's set can only shrink. Undefined when nobody serves. There is one target a proxy so far; by host
   * name comes later, and here.
   */
  claim(): Claim | undefined {
    const [route] = this.#live.values();
    if (!route) return undefined;
    const slot = chooseSlot(route.split, route.pools, route.balance);
    const pool = slot && route.pools[slot];
    const upstream = pool && chooseUpstream(pool);
    return pool && upstream ? new Claim(pool, upstream) : undefined;
  }

  #remove(target: string, route: LiveRoute): void {
    update(route.pools.blue, []);
    update(route.pools.green, []);
    this.#live.delete(target);
  }
}

/** One request's place in its slot, held until its answer is complete. */
export class Claim {
  readonly #pool: Pool;
  readonly #since = performance.now();
  #headMs: number | undefined;
  #upstream: Upstream;
  #released = false;

  constructor(pool: Pool, upstream: Upstream) {
    this.#pool = pool;
    this.#upstream = upstream;
    pool.traffic.begin();
    upstream.begin();
  }

  get upstream(): Upstream {
    return this.#upstream;
  }

  /** Headers that tell who answers, for gonogo's own questions; names and values in turn. */
  marks(): string[] {
    return ['gonogo-slot', this.#pool.slot, 'gonogo-instance', this.#upstream.member.instance];
  }

  /** Takes another instance of the same slot, if there is one. */
  moveOn(): void {
    const next = chooseUpstream(this.#pool, this.#upstream);
    if (!next) return;
    next.begin();
    this.#upstream.end();
    this.#upstream = next;
  }

  /** The head of the answer is here: the latency that counts, since a stream may then last for hours. */
  answered(): void {
    this.#headMs ??= performance.now() - this.#since;
  }

  /** Gives the place back, once; later calls change nothing. */
  release({ failed, counted }: { failed: boolean; counted: boolean }): void {
    if (this.#released) return;
    this.#released = true;
    this.answered();
    this.#upstream.end();
    this.#pool.traffic.end({ ms: this.#headMs ?? 0, failed, counted });
  }
}

const emptyPool = (slot: SlotName): Pool => ({
  slot,
  traffic: new Traffic(),
  upstreams: [],
  leaving: [],
  turn: 0,
});

const emptyRoute = (): LiveRoute => ({
  split: 'nobody',
  pools: { blue: emptyPool('blue'), green: emptyPool('green') },
  balance: { blue: 0, green: 0 },
});

/** Keeps the instances that stay, with their connections and what is in flight to them. */
function update(pool: Pool, members: readonly MemberOf[]): void {
  const before = pool.upstreams;
  pool.upstreams = members.map(
    (member) => before.find((one) => sameMember(one.member, member)) ?? new Upstream(member),
  );
  const left = before.filter((upstream) => !pool.upstreams.includes(upstream));
  for (const upstream of left) upstream.leave();
  pool.leaving = [...pool.leaving, ...left].filter(({ inFlight }) => inFlight > 0);
}

const sameMember = (a: MemberOf, b: MemberOf): boolean =>
  a.instance === b.instance && a.host === b.host && a.port === b.port;
