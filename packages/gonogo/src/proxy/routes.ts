import { type Balance, chooseSlot, chooseUpstream } from './choose.ts';
import { Traffic } from './counters.ts';
import type { MemberOf, SlotName, SplitOf, Table } from './table.ts';
import { Upstream } from './upstream.ts';

/** One slot of one target as the data plane sees it. */
export type Pool = {
  readonly slot: SlotName;
  readonly traffic: Traffic;
  upstreams: Upstream[];
  turn: number;
};

/** What routing may look at. Lookups are lazy, so that a request pays only for what its route asks. */
export type Asked = {
  /** Lower case, without the port. */
  readonly host: string;
  /** The path of the origin form, without the query. */
  readonly path: string;
  /** A request field by its lower-case name; undefined if it is absent or was sent twice. */
  field(name: string): string | undefined;
  /** The address of the peer. */
  readonly remote: string;
  /** The local port it came in by. */
  readonly port: number;
};

/** A request that waits for a cutover to end. */
export type Held = {
  readonly held: true;
  /** Called once, with nothing when nobody serves it after all or it waited for too long. */
  onAdmitted(callback: (claim: Claim | undefined) => void): void;
  /** Its client left: it gives its place up. */
  leave(): void;
  /** True for the health question of an outer balancer, which is answered 200 at once instead of waiting. */
  readonly answerHealth: boolean;
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

  /**
   * Routes one request: reads the active split and counts the request in its slot in the same tick, so that after a
   * flip the old slot's set can only shrink. Undefined when nobody serves. There is one target a proxy so far; by host
   * name comes later, and here.
   */
  claim(_asked: Asked): Claim | Held | undefined {
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

const noMarks: readonly string[] = [];

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

  /**
   * Fields of our own for the answer, names and values in turn. Who answers is told only to gonogo itself, whose
   * question carried the secret (`confirmed`).
   */
  marks(confirmed: boolean): readonly string[] {
    return confirmed
      ? ['gonogo-slot', this.#pool.slot, 'gonogo-instance', this.#upstream.member.instance]
      : noMarks;
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

const emptyPool = (slot: SlotName): Pool => ({ slot, traffic: new Traffic(), upstreams: [], turn: 0 });

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
  for (const upstream of before) if (!pool.upstreams.includes(upstream)) upstream.leave();
}

const sameMember = (a: MemberOf, b: MemberOf): boolean =>
  a.instance === b.instance && a.host === b.host && a.port === b.port;
