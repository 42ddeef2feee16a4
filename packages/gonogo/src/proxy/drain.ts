import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from './claim.ts';
import type { Lasting } from './lasting.ts';
import type { Upstream } from './upstream.ts';

/** Milliseconds for each kind of what lasts. */
export type Budgets = { readonly [K in Lasting['kind']]: number };

/** Those who end by themselves get the first half of their budget; the last is closed a little before its end. */
const [from, until] = [0.5, 0.95];

/**
 * Closes what lasts, one after another within the budget of its kind, so that not all clients come back at once. Answers
 * how to stop.
 */
export function closeInTurn(lasting: Iterable<Lasting>, budgets: Budgets): () => void {
  const kinds = Object.groupBy(lasting, ({ kind }) => kind);
  const timers = (['stream', 'websocket'] as const).flatMap((kind) => {
    const [all, budget] = [kinds[kind] ?? [], budgets[kind]];
    const delay = (i: number): number => budget * (from + ((until - from) * (i + 1)) / all.length);
    return all.map((one, i) => setTimeout(() => one.close(), delay(i)));
  });
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
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
  const close = (upstream: Upstream, one: Lasting): void => {
    if (upstream.lasting.has(one)) closed += 1;
    one.close();
  };
  const lasting = asked.flatMap((upstream) =>
    [...upstream.lasting].map((one) => ({ kind: one.kind, close: () => close(upstream, one) })),
  );
  const { stream, websocket } = budgets;
  const stop = closeInTurn(lasting, { stream: within(stream), websocket: within(websocket) });
  const cut = await leftOf(asked, deadline);
  stop();
  return { closed, cut };
}

/**
 * By the instances, since a slot counts anew when it is filled again. It happens seldom, so they are looked at now and then
 * instead of being listened to.
 */
async function leftOf(upstreams: readonly Upstream[], deadline: number): Promise<number> {
  const end = performance.now() + deadline;
  for (;;) {
    const count = upstreams.reduce((sum, { inFlight }) => sum + inFlight, 0);
    const left = end - performance.now();
    if (count === 0 || left <= 0) return count;
    await sleep(Math.min(20, left));
  }
}
