import type { Assembly } from '../assemble.ts';
import type { Address } from '../domain/environment.ts';
import { type FrontSettings, routeOf } from '../domain/front.ts';
import type { SlotName } from '../domain/slot.ts';
import { all } from '../domain/split.ts';
import type { Target } from '../domain/target.ts';

export type Serving = {
  readonly slot: SlotName;
  readonly front: Address;
  readonly proxy?: FrontSettings;
  /** Of what serves. */
  readonly revision: string;
};

/**
 * Opens the front of what served before the machine or everything of gonogo was stopped; a front that is there is left
 * alone. Until the supervisor has told the first ready member it answers 503.
 */
export async function restoreFront(
  assembly: Assembly,
  target: Target,
  { slot, revision, ...asked }: Serving,
): Promise<void> {
  const { router, stores } = assembly;
  await router.publish(target, routeOf(asked, await stores.vault.open(revision)));
  const { split } = await router.observe(target);
  if (split !== 'nobody') return;
  await router.commit(await router.prepare({ target, from: split, to: all(slot) }, 0));
}
