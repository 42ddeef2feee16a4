import { readFile } from 'node:fs/promises';
import { type Target, targetKey } from '../../domain/target.ts';
import { problem } from '../../errors.ts';
import type { Route } from '../../ports/router.ts';
import { RoutesFile } from '../../wire/proxy.ts';
import { ask, codeOf, isServing, type Place } from './apply.ts';
import { endProxy, ensureProxy, whyNotListen } from './launch.ts';
import { proxiesOf, targetsOf } from './locate.ts';
import { type EmbeddedRouterOptions, placeIn } from './proxies.ts';
import { proxyId, routesFile } from './render.ts';

/** Makes the front listen for a target. A route that listens elsewhere moves here with its split and instances. */
export async function publish(
  options: EmbeddedRouterOptions,
  target: Target,
  { listen }: Route,
): Promise<void> {
  const place = placeIn(options, proxyId(listen));
  await ensureProxy(options.keeper, place, listen);
  try {
    await ask(place, 'publish', { target: targetKey(target) });
  } catch (error) {
    if (codeOf(error) !== 'TAKEN') throw error;
    const [other = 'another target'] = await targetsOf(options.folder, place.id);
    throw problem('LISTEN_FAILED', { ...listen, why: takenBy(other) }, error);
  }
  for (const id of await proxiesOf(options.folder, targetKey(target))) {
    if (id !== place.id) await move(options, target, { from: placeIn(options, id), to: place });
  }
}

/** Why `publish` would fail, as the sentence it would fail with; changes nothing. */
export async function vet(
  options: EmbeddedRouterOptions,
  target: Target,
  { listen }: Route,
): Promise<string | undefined> {
  const place = placeIn(options, proxyId(listen));
  const other = (await targetsOf(options.folder, place.id)).find((one) => one !== targetKey(target));
  const why = other ? takenBy(other) : await whyNotListen(options.keeper, place, listen);
  return why === undefined ? undefined : problem('LISTEN_FAILED', { ...listen, why }).message;
}

const takenBy = (target: string): string => `${target} is served there already`;

/** Takes the front away, with the proxy, which serves no other target. */
export async function unpublish(options: EmbeddedRouterOptions, target: Target): Promise<void> {
  for (const id of await proxiesOf(options.folder, targetKey(target))) {
    const place = placeIn(options, id);
    if (await isServing(place)) await ask(place, 'unpublish', { target: targetKey(target) });
    await endProxy(options.keeper, place);
  }
}

async function move(
  options: EmbeddedRouterOptions,
  target: Target,
  way: { from: Place; to: Place },
): Promise<void> {
  const key = targetKey(target);
  const path = routesFile(way.from.folder, way.from.id);
  const { routes } = RoutesFile.parse(JSON.parse(await readFile(path, 'utf8')));
  const route = routes.find((one) => one.target === key);
  const there = await ask(way.to, 'observe', { target: key });
  if (route && there.generation === 1 && route.split !== 'nobody') {
    for (const slot of ['blue', 'green'] as const) {
      await ask(way.to, 'members', { target: key, slot, members: route.members[slot] });
    }
    const shift = { target: key, from: there.split, to: route.split, fence: route.fence };
    await ask(way.to, 'commit', { token: (await ask(way.to, 'prepare', shift)).token });
  }
  await endProxy(options.keeper, way.from);
}
