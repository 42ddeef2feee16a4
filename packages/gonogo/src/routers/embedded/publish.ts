import type { Route } from '../../domain/front.ts';
import { type Target, targetKey } from '../../domain/target.ts';
import { isProblem, problem } from '../../errors.ts';
import { whyUnusable } from '../../system/certificate.ts';
import { takenBy } from '../../wire/reach.ts';
import { ask, codeOf, isServing, type Place } from './apply.ts';
import { endProxy, ensureWorker, listenAt, whyNotListen } from './launch.ts';
import { type Stored, storedBy } from './locate.ts';
import { type EmbeddedRouterOptions, othersOf, placeIn, reload } from './proxies.ts';
import { listenersOf, proxyId, rulesOf, settingsOf } from './render.ts';
import { settle } from './settle.ts';

/**
 * Makes the front listen for a target. A route that listens elsewhere, at one of the proxies `before`, moves here with
 * its split and instances.
 */
export async function publish(
  options: EmbeddedRouterOptions,
  target: Target,
  { route, before }: { route: Route; before: readonly string[] },
): Promise<void> {
  const { listen } = route;
  const place = placeIn(options, proxyId(listen));
  const key = targetKey(target);
  const rules = rulesOf(route);
  const settings = settingsOf(route, options.folder, place.id);
  const wanted = withRoute(await storedBy(options.folder, place.id), key, { rules, settings });
  const why = rules.tls && (await whyUnusable(rules.tls));
  if (why !== undefined) throw problem('CERTIFICATE_UNUSABLE', { target: key, why });
  await listenAt(options.keeper, place, listenersOf(place.id, wanted));
  try {
    await ask(place, 'publish', { target: key, rules, settings });
  } catch (error) {
    if (codeOf(error) !== 'TAKEN') throw error;
    throw problem('LISTEN_FAILED', { ...listen, why: servedThere((error as Error).message) }, error);
  }
  await reload(othersOf(place, wanted.settings.workers ?? 1));
  await settle(options.keeper, place);
  for (const id of before) {
    if (id !== place.id) await move(options, key, { from: placeIn(options, id), to: place });
  }
}

/** Why `publish` would fail, as the sentence it would fail with; changes nothing. */
export async function vet(
  options: EmbeddedRouterOptions,
  target: Target,
  route: Route,
): Promise<string | undefined> {
  const { listen } = route;
  const place = placeIn(options, proxyId(listen));
  const key = targetKey(target);
  const asked = { rules: rulesOf(route), settings: settingsOf(route, options.folder, place.id) };
  const wanted = withRoute(await storedBy(options.folder, place.id), key, asked);
  const other = takenBy(wanted.routes, key);
  if (other) return problem('LISTEN_FAILED', { ...listen, why: servedThere(other) }).message;
  const why = asked.rules.tls && (await whyUnusable(asked.rules.tls));
  if (why !== undefined) return problem('CERTIFICATE_UNUSABLE', { target: key, why }).message;
  const taken = await whyNotListen(options.keeper, place, listenersOf(place.id, wanted));
  return taken && problem('LISTEN_FAILED', { ...taken.listen, why: taken.why }).message;
}

const servedThere = (target: string): string => `${target} is served there already`;

type Asked = { readonly rules: Stored['routes'][number]['rules']; readonly settings: Stored['settings'] };

/** What a proxy will have stored once a route is published (`proxy/control.ts`). */
function withRoute(
  { routes, settings }: Stored,
  target: string,
  asked: Asked,
): { routes: { target: string; rules: NonNullable<Asked['rules']> }[]; settings: Stored['settings'] } {
  const others = routes
    .filter((route) => route.target !== target)
    .map((route) => ({ target: route.target, rules: route.rules ?? {} }));
  return {
    routes: [...others, { target, rules: asked.rules ?? {} }],
    settings: others.length > 0 ? { ...settings, ...asked.settings } : asked.settings,
  };
}

/** Takes a target's route away from proxies, and the proxy with the last of its routes. */
export async function unpublish(
  options: EmbeddedRouterOptions,
  target: string,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    const place = placeIn(options, id);
    const stored = await storedBy(options.folder, id);
    const workers = [place, ...othersOf(place, stored.settings.workers ?? 1)];
    const isLast = stored.routes.every((route) => route.target === target);
    if (!isLast) await ensureWorker(options.keeper, place, listenersOf(id, stored));
    if (await isServing(place)) await tell(place, target, { isLast });
    if (isLast) await endProxy(options.keeper, workers, listenersOf(id, stored));
    else {
      await reload(workers.slice(1));
      await settle(options.keeper, place);
    }
  }
}

/** A proxy that has no other route is ended, whether it answers or not. */
async function tell(place: Place, target: string, { isLast }: { isLast: boolean }): Promise<void> {
  try {
    await ask(place, 'unpublish', { target });
  } catch (error) {
    if (!isLast || !isProblem(error, 'PROXY_UNREACHABLE')) throw error;
  }
}

async function move(
  options: EmbeddedRouterOptions,
  target: string,
  way: { from: Place; to: Place },
): Promise<void> {
  const { routes } = await storedBy(way.from.folder, way.from.id);
  const route = routes.find((one) => one.target === target);
  const there = await ask(way.to, 'observe', { target });
  if (route && there.generation === 1 && route.split !== 'nobody') {
    for (const slot of ['blue', 'green'] as const) {
      await ask(way.to, 'members', { target, slot, members: route.members[slot] });
    }
    const shift = { target, from: there.split, to: route.split, fence: route.fence };
    await ask(way.to, 'commit', { token: (await ask(way.to, 'prepare', shift)).token });
    const { settings } = await storedBy(way.to.folder, way.to.id);
    await reload(othersOf(way.to, settings.workers ?? 1));
  }
  await unpublish(options, target, [way.from.id]);
}
