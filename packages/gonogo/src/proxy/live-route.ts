import { createHash, timingSafeEqual } from 'node:crypto';
import type { RouteWire, RulesWire } from '../wire/proxy.ts';
import { isFingerprinted } from './assets.ts';
import { type Balance, chooseByPlace, chooseSlot, chooseUpstream, previewSlot } from './choose.ts';
import { type Asked, Claim, type Held, type Pool } from './claim.ts';
import { Traffic } from './counters.ts';
import { Hold, type HoldBounds, healthy, type Room } from './hold.ts';
import { usualUpgrades } from './http/upgrade.ts';
import type { Limits } from './limits.ts';
import { newId, placeOf, placeOfId, setCookie } from './sticky.ts';
import type { MemberOf, SlotName, SplitOf } from './table.ts';
import { Upstream } from './upstream.ts';

const previewField = 'gonogo-preview';

/** One target as the data plane sees it. */
export class LiveRoute {
  readonly target: string;
  readonly pools: Readonly<Record<SlotName, Pool>>;
  readonly #limits: Limits;
  readonly #room: Room;
  readonly #balance: Balance = { blue: 0, green: 0 };
  #split: SplitOf = 'nobody';
  #rules: RulesWire = {};
  #digest: Buffer | undefined;
  #hold: Hold | undefined;

  /** `room`: of all targets of a proxy. */
  constructor(target: string, limits: Limits, room: Room = { kept: 0 }) {
    this.target = target;
    this.#limits = limits;
    this.#room = room;
    this.pools = { blue: emptyPool(target, 'blue'), green: emptyPool(target, 'green') };
  }

  get held(): number {
    return this.#hold?.size ?? 0;
  }

  get isServed(): boolean {
    return this.#split !== 'nobody';
  }

  update({ split, members, rules = {} }: RouteWire): void {
    this.#split = split;
    this.#rules = rules;
    this.#digest = rules.preview?.digest ? Buffer.from(rules.preview.digest, 'hex') : undefined;
    for (const pool of Object.values(this.pools)) {
      pool.host = rules.upstreamHost;
      pool.upgrades = rules.upgrades ?? usualUpgrades;
    }
    this.#fill(members);
  }

  /** Nobody is sent here any more; what is in flight is answered. */
  remove(): void {
    this.#fill({ blue: [], green: [] });
    this.release();
  }

  /** Keeps the instances that stay, with their connections and what is in flight to them. */
  #fill(members: RouteWire['members']): void {
    for (const slot of ['blue', 'green'] as const) {
      const pool = this.pools[slot];
      const before = pool.upstreams;
      // Whoever comes to an empty slot is not judged by what others did in it.
      if (before.length === 0 && members[slot].length > 0) pool.traffic = new Traffic();
      pool.upstreams = members[slot].map(
        (member) =>
          before.find((one) => sameMember(one.member, member)) ??
          join(member, { limits: this.#limits, others: before.length > 0 }),
      );
      const left = before.filter((upstream) => !pool.upstreams.includes(upstream));
      for (const upstream of left) upstream.leave();
      pool.leaving = [...pool.leaving, ...left].filter(({ inFlight }) => inFlight > 0);
    }
  }

  /** Makes requests wait. Those who wait already go on to do so, within the bounds they came to. */
  hold(bounds: HoldBounds): void {
    const [octets, room] = [this.#limits.heldBytes, this.#room];
    const hold = new Hold({ ...bounds, octets, room }, () => this.#letGo(hold), this.#hold);
    this.#hold = hold;
  }

  /** Sends everybody who waits, in the order in which they came, where the split says. */
  release(): void {
    if (this.#hold) this.#letGo(this.#hold);
  }

  #letGo(hold: Hold): void {
    if (hold === this.#hold) this.#hold = undefined;
    hold.release((asked) => this.#claimSlot(asked));
  }

  /** `preview`: it came by a host or a port that is for the preview alone. */
  claim(asked: Asked, preview: boolean): Claim | Held | undefined {
    if (preview || (this.#digest !== undefined && this.#mayPreview(asked))) return this.#claimPreview();
    if (this.#hold === undefined) return this.#claimSlot(asked);
    return asked.path === this.#rules.health ? healthy : this.#hold.take(asked);
  }

  #claimSlot(asked: Asked): Claim | undefined {
    if (this.#rules.sticky !== undefined) return this.#claimSticky(asked, this.#rules.sticky);
    const slot = chooseSlot(this.#split, this.pools, this.#balance);
    return slot && this.#claimIn(slot, asked);
  }

  /** Where both slots serve, the client's cookie decides, and one that has none gets one. */
  #claimSticky(asked: Asked, sticky: NonNullable<RulesWire['sticky']>): Claim | undefined {
    const known = placeOf(asked.field('cookie'), sticky.cookie);
    const id = known === undefined ? newId() : '';
    const choice = chooseByPlace(this.#split, this.pools, known ?? placeOfId(id));
    if (!choice) return undefined;
    const claim = this.#claimIn(choice.slot, asked);
    if (claim && choice.among > 1 && known === undefined) {
      claim.cookie = setCookie(sticky, id, this.#rules.tls !== undefined);
    }
    return claim;
  }

  #claimIn(slot: SlotName, asked: Asked): Claim | undefined {
    const pool = this.pools[slot];
    const upstream = chooseUpstream(pool);
    if (!upstream) return undefined;
    const claim = new Claim(pool, upstream);
    if (this.#rules.assets && isFingerprinted(asked.path))
      claim.elsewhere = () => this.#claimUncounted(other(slot));
    return claim;
  }

  #claimPreview(): Claim | undefined {
    const slot = previewSlot(this.#split, this.pools);
    return slot && this.#claimUncounted(slot);
  }

  /** In flight like every request, but not one of the slot's users: a watch must not judge it by this. */
  #claimUncounted(slot: SlotName): Claim | undefined {
    const pool = this.pools[slot];
    const upstream = chooseUpstream(pool);
    if (!upstream) return undefined;
    const claim = new Claim(pool, upstream);
    claim.counts = false;
    return claim;
  }

  #mayPreview(asked: Asked): boolean {
    const given = asked.field(previewField);
    if (given === undefined || this.#digest === undefined) return false;
    return timingSafeEqual(createHash('sha256').update(given).digest(), this.#digest);
  }
}

const other = (slot: SlotName): SlotName => (slot === 'blue' ? 'green' : 'blue');

function emptyPool(target: string, slot: SlotName): Pool {
  return {
    ...{ target, slot, traffic: new Traffic(), host: undefined, upgrades: usualUpgrades },
    ...{ upstreams: [], leaving: [], turn: 0 },
  };
}

/** One that joins others gets its share little by little. */
function join(member: MemberOf, { limits, others }: { limits: Limits; others: boolean }): Upstream {
  const upstream = new Upstream(member, limits);
  if (others) upstream.health.startSlowly();
  return upstream;
}

const sameMember = (a: MemberOf, b: MemberOf): boolean =>
  a.instance === b.instance && a.host === b.host && a.port === b.port;
