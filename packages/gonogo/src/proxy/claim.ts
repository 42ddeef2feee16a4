import { chooseUpstream } from './choose.ts';
import type { Traffic } from './counters.ts';
import type { Lasting } from './lasting.ts';
import type { SlotName } from './table.ts';
import type { Upstream } from './upstream.ts';

/** One slot of one target as the data plane sees it. */
export type Pool = {
  readonly target: string;
  readonly slot: SlotName;
  /** Of those who are in the slot now; begun anew when it is filled again. */
  traffic: Traffic;
  /** What instances are asked for in place of the host that the client asked for. */
  host: string | undefined;
  /** The protocols that connections may be switched to, in lower case. */
  upgrades: readonly string[];
  upstreams: Upstream[];
  /** Members no more, with something still in flight. */
  leaving: Upstream[];
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
  /**
   * It has so many octets of its body here, beyond what is kept of every request: whether more may come. It is read on while
   * it may, since only that shows when its client leaves.
   */
  keeps(octets: number): boolean;
  /** Its client left: it gives its place up. */
  leave(): void;
  /** True for the health question of an outer balancer, which is answered 200 at once instead of waiting. */
  readonly answerHealth: boolean;
};

const noMarks: readonly string[] = [];

/** One request's place in its slot, held until its answer is complete. */
export class Claim {
  readonly #pool: Pool;
  /** The slot's when it was claimed: who comes to the slot later has not answered this. */
  readonly #traffic: Traffic;
  readonly #since = performance.now();
  #headMs: number | undefined;
  #status = 0;
  #upstream: Upstream;
  #released = false;
  #lasting: Lasting | undefined;
  /** A cookie to be set, as its field's value. */
  cookie: string | undefined;
  /** False for requests of a slot that its users did not send there. */
  counts = true;
  /** Where an asset that is missing here may be. */
  elsewhere: (() => Claim | undefined) | undefined;

  constructor(pool: Pool, upstream: Upstream) {
    this.#pool = pool;
    this.#traffic = pool.traffic;
    this.#upstream = upstream;
    this.#traffic.begin();
    upstream.begin();
  }

  get upstream(): Upstream {
    return this.#upstream;
  }

  get host(): string | undefined {
    return this.#pool.host;
  }

  get upgrades(): readonly string[] {
    return this.#pool.upgrades;
  }

  /** Who answers, for the access log. */
  get place(): { target: string; slot: SlotName; instance: string } {
    const { target, slot } = this.#pool;
    return { target, slot, instance: this.#upstream.member.instance };
  }

  /**
   * Fields of our own for the answer, names and values in turn. Who answers is told only to gonogo itself, whose
   * question carried the secret (`confirmed`).
   */
  marks(confirmed: boolean): readonly string[] {
    if (!confirmed) return this.cookie === undefined ? noMarks : ['Set-Cookie', this.cookie];
    return ['gonogo-slot', this.#pool.slot, 'gonogo-instance', this.#upstream.member.instance];
  }

  /**
   * A GET or HEAD was answered 404: a place in the other slot, if it may have what is missing here. Whoever takes it
   * releases this one.
   */
  retryElsewhere(): Claim | undefined {
    return this.elsewhere?.();
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
  answered(status = 0): void {
    this.#headMs ??= performance.now() - this.#since;
    this.#status = status;
  }

  /** It stays until it is closed. */
  lasts(lasting: Lasting): void {
    this.#lasting = lasting;
    this.#upstream.lasting.add(lasting);
  }

  /** Gives the place back, once; later calls change nothing. */
  release({ failed, counted }: { failed: boolean; counted: boolean }): void {
    if (this.#released) return;
    this.#released = true;
    this.#headMs ??= performance.now() - this.#since;
    this.#upstream.end();
    if (this.#lasting) this.#upstream.lasting.delete(this.#lasting);
    this.#traffic.end({
      ms: this.#headMs,
      failed,
      counted: counted && this.counts,
      status: this.#status,
    });
  }
}
