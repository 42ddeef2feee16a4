import { readdir } from 'node:fs/promises';
import { problem } from '../../errors.ts';
import { isErrno, readIfPresent } from '../../system/files.ts';
import { routesFile, routesSuffix } from './render.ts';

/**
 * The proxies that have a route for a target, by what they stored themselves: that outlives the agent, the keeper and
 * the proxy. Fails with ROUTES_UNREADABLE rather than say "none" when a file that might hold it cannot be read.
 */
export async function proxiesOf(folder: string, target: string): Promise<string[]> {
  const found: string[] = [];
  let unreadable: unknown;
  for (const id of await idsIn(folder)) {
    try {
      if ((await targetsOf(folder, id)).includes(target)) found.push(id);
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

/** The targets that a proxy has routes for. */
export async function targetsOf(folder: string, id: string): Promise<string[]> {
  const path = routesFile(folder, id);
  const text = await readIfPresent(path);
  if (text === undefined) return []; // Unpublished meanwhile.
  try {
    const { routes } = JSON.parse(text) as { routes: { target: string }[] };
    return routes.map((route) => route.target);
  } catch (error) {
    throw problem('ROUTES_UNREADABLE', { path, why: 'it is not a list of routes' }, error);
  }
}
