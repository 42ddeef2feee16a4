import type { RouteWire, RulesWire } from '../wire/proxy.ts';

/** What this proxy serves, as data: every change makes a new table, so that it can be stored before it is served. */
export type Table = readonly RouteWire[];

export type SlotName = 'blue' | 'green';
export type SplitOf = RouteWire['split'];
export type HoldOf = NonNullable<RouteWire['hold']>;
export type MemberOf = RouteWire['members'][SlotName][number];

export const routeOf = (table: Table, target: string): RouteWire | undefined =>
  table.find((route) => route.target === target);

/** Adds a route that sends traffic to nobody; one that exists gets these rules, and stays as it is otherwise. */
export function published(table: Table, target: string, rules: RulesWire): Table {
  const before = routeOf(table, target);
  if (before && JSON.stringify(before.rules ?? {}) === JSON.stringify(rules)) return table;
  if (before) return table.map((route) => (route === before ? { ...route, rules } : route));
  const route: RouteWire = {
    target,
    generation: 1,
    fence: 0,
    split: 'nobody',
    members: { blue: [], green: [] },
    rules,
  };
  return [...table, route];
}

/** True if every request is for this target and none is for its preview, whatever its host and path. */
export const takesAll = ({ rules: { hosts = [], path = '/', preview } = {} }: RouteWire): boolean =>
  hosts.length === 0 && path === '/' && preview?.host === undefined && preview?.port === undefined;

export const unpublished = (table: Table, target: string): Table =>
  table.filter((route) => route.target !== target);

/** Membership never moves the generation. */
export function withMembers(
  table: Table,
  place: { target: string; slot: SlotName },
  members: MemberOf[],
): Table {
  return table.map((route) =>
    route.target === place.target
      ? { ...route, members: { ...route.members, [place.slot]: members } }
      : route,
  );
}

/** Remembers the newest fence that prepared anything, so that an earlier holder of the lease is refused from now on. */
export const fenced = (table: Table, target: string, fence: number): Table =>
  table.map((route) => (route.target === target ? { ...route, fence: Math.max(route.fence, fence) } : route));

/** Moves the split, and with it the generation. Nobody has to wait any more where somebody serves. */
export function shifted(table: Table, target: string, split: SplitOf): Table {
  const moved = table.map((route) =>
    route.target === target ? { ...route, split, generation: route.generation + 1 } : route,
  );
  return split === 'nobody' ? moved : withHold(moved, target, undefined);
}

/** Remembers that requests of a target wait, or that they do not. */
export function withHold(table: Table, target: string, hold: HoldOf | undefined): Table {
  const before = routeOf(table, target);
  if (before?.hold === hold) return table;
  return table.map((route) => {
    if (route !== before) return route;
    const { hold: _, ...rest } = route;
    return hold ? { ...rest, hold } : rest;
  });
}

export function sameSplit(a: SplitOf, b: SplitOf): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return (a.blue ?? 0) === (b.blue ?? 0) && (a.green ?? 0) === (b.green ?? 0);
}
