import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from './claim.ts';
import type { Traffic } from './counters.ts';
import type { Lasting } from './lasting.ts';

/** Milliseconds for each kind; what has none is left alone. */
export type Budgets = { readonly [K in Lasting['kind']]?: number | undefined };

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
    if (budget === undefined) return [];
    const delay = (i: number): number => budget * (from + ((until - from) * (i + 1)) / all.length);
    return all.map((one, i) => setTimeout(() => one.close(), delay(i)));
  });
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}

/** Waits until nothing is in flight, for at most `deadline` milliseconds; what lasts is closed within its budget. */
export async function drain(
  traffic: Traffic,
  deadline: number,
  budgets: Budgets,
): Promise<{ drained: boolean; cut: number }> {
  const stop = closeInTurn([...traffic.lasting], budgets);
  const drained = await traffic.idle(deadline);
  stop();
  return { drained, cut: drained ? 0 : traffic.inFlight };
}

/**
 * Waits until some instances of a slot, members or not, have nothing in flight, for at most `deadline` milliseconds.
 * Instances leave one by one and seldom, so they are looked at now and then instead of being listened to.
 */
export async function drainInstances(
  { upstreams, leaving }: Pool,
  instances: readonly string[],
  deadline: number,
): Promise<{ drained: boolean; cut: number }> {
  const end = performance.now() + deadline;
  const asked = [...upstreams, ...leaving].filter(({ member }) => instances.includes(member.instance));
  for (;;) {
    const cut = asked.reduce((sum, { inFlight }) => sum + inFlight, 0);
    const left = end - performance.now();
    if (cut === 0 || left <= 0) return { drained: cut === 0, cut };
    await sleep(Math.min(20, left));
  }
}
