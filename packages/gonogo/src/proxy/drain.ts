import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from './claim.ts';
import type { Lasting } from './lasting.ts';
import type { Upstream } from './upstream.ts';

/** Milliseconds for each kind of what lasts. */
export type Budgets = { readonly [K in Lasting['kind']]: number };

/** Those who end by themselves get the first half of their budget; the last is closed a little before its end. */
const [from, until] = [0.5, 0.95];

/**
 * Closes what lasts, one after another within the budget of its kind, so that not all clients come back at once. What
 * begins to last meanwhile is closed too, if `look` finds it, within what is left.
 */
export class Closing {
  readonly #budgets: Budgets;
  readonly #close: (one: Lasting) => void;
  readonly #since: number;
  readonly #known = new Set<Lasting>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(budgets: Budgets, close = (one: Lasting): void => one.close(), now = performance.now()) {
    this.#budgets = budgets;
    this.#close = close;
    this.#since = now;
  }

  look(lasting: Iterable<Lasting>, now = performance.now()): void {
    const found = [...lasting].filter((one) => !this.#known.has(one));
    if (found.length === 0) return;
    const kinds = Object.groupBy(found, ({ kind }) => kind);
    for (const kind of ['stream', 'websocket'] as const)
      this.#closeInTurn(kinds[kind] ?? [], Math.max(0, this.#since + this.#budgets[kind] - now));
  }

  /** What is open still stays so. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #closeInTurn(all: readonly Lasting[], budget: number): void {
    for (const [i, one] of all.entries()) {
      this.#known.add(one);
      const delay = budget * (from + ((until - from) * (i + 1)) / all.length);
      this.#timers.add(setTimeout(() => this.#close(one), delay));
    }
  }
}

type Draining = {
  readonly deadline: number;
  /** Absent: as long as the deadline, which none exceeds. */
  readonly budgets: Partial<Budgets>;
  /** Only what is in flight to these counts, members or not. */
  readonly instances?: readonly string[] | undefined;
};

export type Drained = {
  /** WebSockets and event streams that were closed because they would not have ended by themselves. */
  readonly closed: number;
  /** What was in flight still when the deadline came. */
  readonly cut: number;
};

/** Waits until nothing is in flight to a slot, for at most `deadline` milliseconds; what lasts is closed within its budget. */
export async function drain(pool: Pool, { deadline, budgets, instances }: Draining): Promise<Drained> {
  const all = [...pool.upstreams, ...pool.leaving];
  const asked = instances ? all.filter(({ member }) => instances.includes(member.instance)) : all;
  const within = (budget = deadline): number => Math.min(budget, deadline);
  let closed = 0;
  const close = (one: Lasting): void => {
    if (asked.some(({ lasting }) => lasting.has(one))) closed += 1;
    one.close();
  };
  const { stream, websocket } = budgets;
  const closing = new Closing({ stream: within(stream), websocket: within(websocket) }, close);
  const look = (): void => closing.look(asked.flatMap(({ lasting }) => [...lasting]));
  const cut = await leftOf(asked, deadline, look);
  closing.stop();
  return { closed, cut };
}

/**
 * By the instances, since a slot counts anew when it is filled again. It happens seldom, so they are looked at now and then
 * instead of being listened to.
 */
async function leftOf(upstreams: readonly Upstream[], deadline: number, look: () => void): Promise<number> {
  const end = performance.now() + deadline;
  for (;;) {
    look();
    const count = upstreams.reduce((sum, { inFlight }) => sum + inFlight, 0);
    const left = end - performance.now();
    if (count === 0 || left <= 0) return count;
    await sleep(Math.min(20, left));
  }
}
