import type { Assembly } from '../assemble.ts';
import type { Address } from '../domain/environment.ts';
import type { SlotName } from '../domain/slot.ts';
import { all } from '../domain/split.ts';
import type { Target } from '../domain/target.ts';

export type Serving = { readonly slot: SlotName; readonly front: Address };

/**
 * Opens the front of what served before the machine or everything of gonogo was stopped; a front that is there is left
 * alone. Until the supervisor has told the first ready member it answers 503.
 */
export async function restoreFront(
  assembly: Assembly,
  target: Target,
  { slot, front }: Serving,
): Promise<void> {
  const { router } = assembly;
  await router.publish(target, { listen: front });
  const { split } = await router.observe(target);
  if (split !== 'nobody') return;
  await router.commit(await router.prepare({ target, from: split, to: all(slot) }, 0));
}
