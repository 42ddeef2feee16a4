import type { Counters } from '../domain/signals.ts';
import { type SlotId, slotKey } from '../domain/slot.ts';
import { isProblem } from '../errors.ts';
import type { Tools } from './tools.ts';

/**
 * What the counters of a slot said just before a rollout sent users there, until its watch takes it over: what they meet
 * in between is judged as well. Kept in memory only; a watch that finds nothing counts from its own beginning.
 */
export class Arrivals {
  readonly #router: Tools['router'];
  readonly #noted = new Map<string, { readonly rollout: string; readonly reading: readonly Counters[] }>();

  constructor(router: Tools['router']) {
    this.#router = router;
  }

  /** Of several flips that send users there before they are watched the first one counts. */
  async note(rollout: string, slot: SlotId): Promise<void> {
    const key = slotKey(slot);
    if (this.#noted.get(key)?.rollout === rollout) return;
    const reading = await read(this.#router, slot);
    if (reading) this.#noted.set(key, { rollout, reading });
  }

  take(rollout: string, slot: SlotId): readonly Counters[] | undefined {
    const noted = this.#noted.get(slotKey(slot));
    this.#noted.delete(slotKey(slot));
    return noted?.rollout === rollout ? noted.reading : undefined;
  }
}

/** Counters, or nothing while the proxy is being started again: its traffic is counted from zero then. */
export async function read(
  router: Tools['router'],
  { target, slot }: SlotId,
): Promise<readonly Counters[] | undefined> {
  try {
    return await router.counters({ target, slot });
  } catch (error) {
    if (isProblem(error, 'PROXY_UNREACHABLE')) return undefined;
    throw error;
  }
}
