import type { SlotId } from '../../domain/slot.ts';
import { targetKey } from '../../domain/target.ts';
import type { Drained } from '../../ports/router.ts';
import { askWorkersOf, type EmbeddedRouterOptions, placeOf } from './proxies.ts';
import { connectReplaced, drainReplaced } from './replaced.ts';

type Draining = { readonly deadline: number; readonly instances: readonly string[] | undefined };

const nobody: Drained = { closed: 0, cut: 0 };

/** At every worker, and at those that were replaced and still answer who came to them. */
export async function drain(
  options: EmbeddedRouterOptions,
  { target, slot }: SlotId,
  { deadline, instances }: Draining,
): Promise<Drained> {
  const place = await placeOf(options, target);
  if (!place) return nobody; // Nothing comes in, so nothing is in flight.
  const only = instances ? { instances: [...instances] } : {};
  const input = { target: targetKey(target), slot, deadline, ...only };
  const replaced = await connectReplaced(options.folder, place.first.id);
  try {
    const [workers, others] = await Promise.all([
      askWorkersOf(options, target, { method: 'drain', input }),
      Promise.all(replaced.map((client) => drainReplaced(client, input))),
    ]);
    const sum = (count: keyof Drained): number =>
      [...workers, ...others].reduce((all, answer) => all + (answer?.[count] ?? 0), 0);
    return { closed: sum('closed'), cut: sum('cut') };
  } finally {
    for (const client of replaced) client.close();
  }
}
