import { messageOf } from '../../errors.ts';
import { isServing, type Place } from './apply.ts';
import { ensureWorker } from './launch.ts';
import { idsIn, storedBy } from './locate.ts';
import { type EmbeddedRouterOptions, othersOf, placeIn, type Tending } from './proxies.ts';
import { listenersOf } from './render.ts';

/** Does a task when nothing else changes this proxy. */
type InTurn = (id: string, task: () => Promise<void>) => Promise<void>;

/** How often proxies are looked at: nobody tells us when one ends that is not the keeper's child. */
const lookEvery = 1000;

/**
 * Until the signal: starts a proxy again that died after its keeper, whose successor does not know it.
 * Users come in through it, so it must not wait for the next command. What goes wrong is told once, not every second.
 */
export async function tendProxies(
  options: EmbeddedRouterOptions,
  { signal, failed }: Tending,
  inTurn: InTurn,
): Promise<void> {
  const { clock } = placeIn(options, '');
  let told = '';
  while (!signal.aborted) {
    try {
      await clock.sleep(lookEvery, signal);
      for (const id of await idsIn(options.folder)) await tend(options, id, inTurn);
      told = '';
    } catch (error) {
      if (!signal.aborted && messageOf(error) !== told) failed(error);
      told = messageOf(error);
    }
  }
}

async function tend(options: EmbeddedRouterOptions, id: string, inTurn: InTurn): Promise<void> {
  const first = placeIn(options, id);
  const { routes, settings } = await storedBy(options.folder, id);
  if (routes.length === 0) return;
  for (const place of [first, ...othersOf(first, settings.workers ?? 1)]) {
    if (!(await isServing(place))) await inTurn(id, () => startIfLost(options, place));
  }
}

/** The keeper starts its own again by itself; and a route may have been taken away while we waited for our turn. */
async function startIfLost({ folder, keeper }: EmbeddedRouterOptions, place: Place): Promise<void> {
  const stored = await storedBy(folder, place.id);
  if (stored.routes.length === 0 || (stored.settings.workers ?? 1) <= place.worker) return;
  await ensureWorker(keeper, place, listenersOf(place.id, stored));
}
