import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../../errors.ts';
import { isErrno, readIfPresent } from '../../system/files.ts';
import type { RoutesFile, SettingsWire } from '../../wire/proxy.ts';
import { routesFile, routesSuffix } from './render.ts';

export type Stored = { readonly routes: RoutesFile['routes']; readonly settings: SettingsWire };

/** A proxy that has a target's route, and how many workers it has. */
export type Located = { readonly id: string; readonly workers: number };

/**
 * The proxies that have a route for a target, by what they stored themselves: that outlives the agent, the keeper and
 * the proxy. Fails with ROUTES_UNREADABLE rather than say "none" when a file that might hold it cannot be read.
 */
export async function proxiesOf(folder: string, target: string): Promise<Located[]> {
  const found: Located[] = [];
  let unreadable: unknown;
  for (const id of await idsIn(folder)) {
    try {
      const { routes, settings } = await storedBy(folder, id);
      if (routes.some((route) => route.target === target)) found.push({ id, workers: settings.workers ?? 1 });
    } catch (error) {
      unreadable = error;
    }
  }
  if (found.length === 0 && unreadable) throw unreadable;
  return found;
}

/** The names of the proxies that have stored routes. */
export async function idsIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith(routesSuffix))
      .map((name) => name.slice(0, -routesSuffix.length));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** The workers of a proxy that have, or had, a control socket. */
export async function workersIn(folder: string, id: string): Promise<number[]> {
  const sockets = (await readdir(folder)).map((name) => {
    if (name === `${id}.sock`) return 0;
    const [, worker] = name.startsWith(`${id}.w`) ? (/\.w(\d+)\.sock$/.exec(name) ?? []) : [];
    return worker === undefined ? undefined : Number(worker);
  });
  return sockets.filter((worker) => worker !== undefined).sort((a, b) => a - b);
}

/** Where workers that were replaced are asked who is left with them. */
export async function replacedIn(folder: string, id: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${id}.r`));
  return names.filter((name) => /\.r\d+\.sock$/.test(name)).map((name) => join(folder, name));
}

/** What a proxy stored; nothing for one that there is none of. The proxy itself checks its file in full. */
export async function storedBy(folder: string, id: string): Promise<Stored> {
  const path = routesFile(folder, id);
  const text = await readIfPresent(path);
  if (text === undefined) return { routes: [], settings: {} }; // Unpublished meanwhile, or not published yet.
  try {
    const { routes, settings = {} } = JSON.parse(text) as RoutesFile;
    if (Array.isArray(routes)) return { routes, settings };
  } catch (error) {
    throw problem('ROUTES_UNREADABLE', { path, why: 'it is not a list of routes' }, error);
  }
  throw problem('ROUTES_UNREADABLE', { path, why: 'it is not a list of routes' });
}
