import { randomBytes } from 'node:crypto';
import { messageOf, problem } from '../errors.ts';
import { readIfPresent, type StagedFile, stageFile, writeFileAtomic } from '../system/files.ts';
import type { RoutesFile, RouteWire, SettingsWire } from '../wire/proxy.ts';
import type { MemberOf, Table } from './table.ts';

/** What a proxy stores: its routes, what holds for all of them, and the secret of gonogo's own questions. */
export type Stored = {
  readonly table: Table;
  readonly settings: SettingsWire;
  readonly secret: string;
};

/**
 * What this proxy served last; undefined when there is no file yet. A torn or unknown file is refused with
 * ROUTES_UNREADABLE: to serve nobody by mistake is worse than not to start.
 */
export async function loadRoutes(path: string): Promise<Stored | undefined> {
  const text = await readIfPresent(path);
  if (text === undefined) return undefined;
  try {
    const { version, routes, settings = {}, secret = newSecret() } = JSON.parse(text) as RoutesFile;
    const why = version === 1 ? routes.map(whyNoRoute).find((one) => one !== undefined) : 'version: not 1';
    if (why === undefined) return { table: routes, settings, secret };
    throw new TypeError(why);
  } catch (error) {
    throw problem('ROUTES_UNREADABLE', { path, why: firstLine(error) }, error);
  }
}

export const nothingStored = (): Stored => ({ table: [], settings: {}, secret: newSecret() });

const newSecret = (): string => randomBytes(24).toString('base64url');

/** Stores the routes so that a crash at any instant leaves the old or the new ones. */
export const saveRoutes = (path: string, stored: Stored): Promise<void> =>
  writeFileAtomic(path, textOf(stored));

/** Writes routes that may soon be stored, so that little is left to be done then, and to fail. */
export const stageRoutes = (path: string, stored: Stored): Promise<StagedFile> =>
  stageFile(path, textOf(stored));

function textOf({ table, settings, secret }: Stored): string {
  const file = { version: 1, routes: [...table], settings, secret } satisfies RoutesFile;
  return `${JSON.stringify(file, null, 1)}\n`;
}

/**
 * What keeps a route from being served. The proxy wrote it itself, in full or not at all, so that this looks only at
 * what the data plane would stumble over; the schemas of `wire/` would double the time to the first request.
 */
function whyNoRoute({ target, generation, split, members }: RouteWire, i: number): string | undefined {
  const isMember = (one: Partial<MemberOf>): boolean =>
    typeof one.instance === 'string' && typeof one.host === 'string' && Number.isInteger(one.port);
  if (typeof target !== 'string') return `routes.${i}.target: not text`;
  if (!Number.isInteger(generation)) return `routes.${i}.generation: not a whole number`;
  if (typeof split !== 'string' && typeof split !== 'object') return `routes.${i}.split: not a split`;
  const all = [members.blue, members.green].flat();
  return all.every(isMember) ? undefined : `routes.${i}.members: not members`;
}

const firstLine = (error: unknown): string =>
  error instanceof SyntaxError ? 'it is not complete JSON' : messageOf(error);
