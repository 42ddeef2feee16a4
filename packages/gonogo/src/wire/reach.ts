import type { RouteWire } from './proxy.ts';

/** Which requests something is for: no host stands for every host. */
export type Reach<T> = { readonly hosts: readonly string[]; readonly path: string; readonly value: T };

export type Reached = { readonly target: string; readonly preview: boolean };

type Routed = Pick<RouteWire, 'target' | 'rules'>;

/** What every target and its preview are reached by. */
export const reachesOf = (routes: readonly Routed[]): Reach<Reached>[] =>
  routes.flatMap(({ target, rules: { hosts = [], path = '/', preview } = {} }) => {
    const users = { hosts, path, value: { target, preview: false } };
    return preview?.host === undefined
      ? [users]
      : [users, { hosts: [preview.host], path, value: { target, preview: true } }];
  });

/** Another target that is asked for what `target` is asked for as well, if there is one. */
export function takenBy(routes: readonly Routed[], target: string): string | undefined {
  const both = collision(reachesOf(routes))?.map((reached) => reached.target);
  if (both) return both.find((one) => one !== target) ?? target;
  const port = routes.find((one) => one.target === target)?.rules?.preview?.port;
  if (port === undefined) return undefined;
  return routes.find((one) => one.target !== target && one.rules?.preview?.port === port)?.target;
}

/** The first two that are for the same host and path, so that a request could go to either. */
export function collision<T>(reaches: readonly Reach<T>[]): readonly [T, T] | undefined {
  const seen = new Map<string, T>();
  for (const { hosts, path, value } of reaches) {
    for (const host of hosts.length > 0 ? hosts : ['']) {
      const key = `${host} ${path}`;
      const first = seen.get(key);
      if (first !== undefined) return [first, value];
      seen.set(key, value);
    }
  }
  return undefined;
}
