import type { Reach } from '../wire/reach.ts';

type Entry<T> = { readonly path: string; readonly value: T };

/** Finds by host, then by the longest path that leads to the request's. */
export type Matcher<T> = (host: string, path: string) => T | undefined;

const anyHost = '';

/** A host that is named comes before `*.` with one label less, and that before everything else. */
export function makeMatcher<T>(reaches: readonly Reach<T>[]): Matcher<T> {
  const byHost = new Map<string, Entry<T>[]>();
  for (const { hosts, path, value } of reaches) {
    for (const host of hosts.length > 0 ? hosts : [anyHost]) {
      byHost.set(host, [...(byHost.get(host) ?? []), { path, value }]);
    }
  }
  for (const entries of byHost.values()) entries.sort((a, b) => b.path.length - a.path.length);
  return (host, path) =>
    longest(byHost.get(host), path) ??
    longest(byHost.get(`*${host.slice(Math.max(0, host.indexOf('.')))}`), path) ??
    longest(byHost.get(anyHost), path);
}

function longest<T>(entries: readonly Entry<T>[] | undefined, path: string): T | undefined {
  if (!entries) return undefined;
  for (const entry of entries) if (leadsTo(entry.path, path)) return entry.value;
  return undefined;
}

/** `/api` leads to `/api` and `/api/x`, and not to `/apix`. */
function leadsTo(prefix: string, path: string): boolean {
  if (prefix === '/') return true;
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || path[prefix.length] === '/';
}
