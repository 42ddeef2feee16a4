import { rm } from 'node:fs/promises';
import net from 'node:net';
import { messageOf, problem } from '../../errors.ts';
import { entryPath } from '../../system/entries.ts';
import { makePrivateFolder } from '../../system/files.ts';
import type { KeeperClient, ListenerSpec } from '../../wire/keeper.ts';
import { ask, codeOf, connect, isServing, type Place } from './apply.ts';
import { controlSocket, launchSpec, listenFailure, listenOf, proxyKey, routesFile } from './render.ts';

/** What the driver needs of the keeper. */
export type Keeper = Pick<KeeperClient, 'call'>;

/** A first start on a busy machine takes seconds at worst. */
const startWithin = 20_000;
/** What unpublishing leaves for answers under way; idle clients of a route that is gone are not waited for. */
const retireWithin = 1_000;

/**
 * Makes a proxy serve an address: the one that does already, even if the keeper that started it is gone, or a new one.
 * Fails with LISTEN_FAILED when the address cannot be had.
 */
export async function ensureProxy(keeper: Keeper, place: Place, listen: ListenerSpec): Promise<void> {
  if (await isServing(place)) return;
  await makePrivateFolder(place.folder);
  await bind(keeper, listen);
  const program = { node: process.execPath, entry: entryPath('proxy'), folder: place.folder };
  await keeper.call('launch', launchSpec(listen, program));
  (await connect(place, startWithin)).close();
}

/** Ends a proxy and lets go of its address and files; one that cannot be reached any more is ended by the keeper. */
export async function endProxy(keeper: Keeper, place: Place): Promise<void> {
  const key = proxyKey(place.id);
  await keeper.call('forget', { key });
  if (await isServing(place)) await ask(place, 'retire', { deadline: retireWithin });
  else await keeper.call('signal', { key, signal: 'SIGKILL' });
  await keeper.call('unbind', listenOf(place.id));
  await gone(keeper, place, key);
  for (const path of [routesFile, controlSocket]) await rm(path(place.folder, place.id), { force: true });
}

async function bind(keeper: Keeper, listen: ListenerSpec): Promise<void> {
  try {
    await keeper.call('bind', listen);
  } catch (error) {
    const code = codeOf(error) ?? (error as NodeJS.ErrnoException).code ?? '';
    if (!/^E[A-Z0-9]+$/.test(code)) throw error; // The keeper itself failed, not the address.
    throw problem('LISTEN_FAILED', { ...listen, why: listenFailure(code) }, error);
  }
}

/**
 * Why an address could not be listened on, found by binding it for an instant, which nobody notices; undefined if it
 * could, or if a proxy of ours has it.
 */
export async function whyNotListen(
  keeper: Keeper,
  place: Place,
  listen: ListenerSpec,
): Promise<string | undefined> {
  const key = proxyKey(place.id);
  if (await isServing(place)) return undefined;
  if ((await keeper.call('list', undefined)).some((launch) => launch.key === key)) return undefined;
  try {
    new net.BoundSocket(listen).close();
    return undefined;
  } catch (error) {
    return listenFailure((error as NodeJS.ErrnoException).code ?? messageOf(error));
  }
}

/** The keeper forgets a proxy when it ends; only then may its key be launched again. */
async function gone(keeper: Keeper, place: Place, key: string): Promise<void> {
  const since = place.clock.mono();
  while (place.clock.mono() - since < 2 * retireWithin + 3_000) {
    const launches = await keeper.call('list', undefined);
    if (!launches.some((launch) => launch.key === key && !launch.ended)) return;
    await place.clock.sleep(20);
  }
  await keeper.call('signal', { key, signal: 'SIGKILL' });
}
