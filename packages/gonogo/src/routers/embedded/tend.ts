import { messageOf } from '../../errors.ts';
import { isServing } from './apply.ts';
import { ensureProxy } from './launch.ts';
import { idsIn, targetsOf } from './locate.ts';
import { type EmbeddedRouterOptions, placeIn, type Tending } from './proxies.ts';
import { listenOf, proxyKey } from './render.ts';

/** Does a task when nothing else changes the route of this target. */
type InTurn = (target: string, task: () => Promise<void>) => Promise<void>;

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
  if (await isServing(placeIn(options, id))) return;
  for (const target of await targetsOf(options.folder, id)) {
    await inTurn(target, () => startIfLost(options, id, target));
  }
}

/** The keeper starts its own again by itself; and a route may have been taken away while we waited for our turn. */
async function startIfLost(options: EmbeddedRouterOptions, id: string, target: string): Promise<void> {
  const place = placeIn(options, id);
  if (!(await targetsOf(options.folder, id)).includes(target) || (await isServing(place))) return;
  const launches = await options.keeper.call('list', undefined);
  if (launches.some((launch) => launch.key === proxyKey(id))) return;
  await ensureProxy(options.keeper, place, listenOf(id));
}
