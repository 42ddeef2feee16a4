import { reachesOf } from '../wire/reach.ts';
import type { Asked, Claim, Held } from './claim.ts';
import type { Room } from './hold.ts';
import type { Limits } from './limits.ts';
import { LiveRoute } from './live-route.ts';
import { type Matcher, makeMatcher } from './match.ts';
import { type Table, takesAll } from './table.ts';

type Way = { readonly route: LiveRoute; readonly preview: boolean };

/** What requests are routed by. One `serve` replaces all of it within a tick, so no request sees half a change. */
export class Routes {
  readonly #live = new Map<string, LiveRoute>();
  /** Where there is one target for every request, nothing has to be looked up. */
  #only: LiveRoute | undefined;
  #match: Matcher<Way> = makeMatcher<Way>([]);
  #ports = new Map<number, LiveRoute>();
  #retiring = false;
  readonly #limits: Limits;
  readonly #room: Room = { kept: 0 };

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get retiring(): boolean {
    return this.#retiring;
  }

  /** From now on every answer tells its client to close the connection. */
  retire(): void {
    this.#retiring = true;
  }

  serve(table: Table): void {
    const targets = new Set(table.map((route) => route.target));
    for (const [target, route] of this.#live) {
      if (targets.has(target)) continue;
      this.#live.delete(target);
      route.remove();
    }
    for (const wire of table) {
      const route = this.#live.get(wire.target) ?? new LiveRoute(wire.target, this.#limits, this.#room);
      this.#live.set(wire.target, route);
      route.update(wire);
    }
    this.#find(table);
  }

  /** Goes on with holds that began in a process before this one, for what is left of them; `now` in epoch milliseconds. */
  resumeHolds(table: Table, now: number): void {
    for (const { target, hold } of table) {
      if (!hold || hold.until <= now) continue;
      const within = Math.min(hold.until - now, hold.within); // The clock may have been set back.
      this.#live.get(target)?.hold({ atMost: hold.atMost, within });
    }
  }

  /** Lets everybody go who waits for somebody to serve, where somebody does. */
  releaseServed(): void {
    for (const route of this.#live.values()) if (route.isServed) route.release();
  }

  route(target: string): LiveRoute | undefined {
    return this.#live.get(target);
  }

  /**
   * Routes one request: reads the active split and counts the request in its slot in the same tick, so that after a
   * flip the old slot's set can only shrink. Undefined when nobody serves it. `asked` is kept while the request is held.
   */
  claim(asked: Asked): Claim | Held | undefined {
    if (this.#only) return this.#only.claim(asked, false);
    const previewed = this.#ports.get(asked.port);
    if (previewed) return previewed.claim(asked, true);
    const way = this.#match(asked.host, asked.path);
    return way?.route.claim(asked, way.preview);
  }

  #find(table: Table): void {
    const routes = this.#live;
    this.#match = makeMatcher(
      reachesOf(table).flatMap(({ value, ...reach }) => {
        const route = routes.get(value.target);
        return route ? [{ ...reach, value: { route, preview: value.preview } }] : [];
      }),
    );
    this.#ports = new Map();
    for (const { target, rules } of table) {
      const route = routes.get(target);
      if (route && rules?.preview?.port !== undefined) this.#ports.set(rules.preview.port, route);
    }
    const [first] = table;
    this.#only = table.length === 1 && first && takesAll(first) ? routes.get(first.target) : undefined;
  }
}
