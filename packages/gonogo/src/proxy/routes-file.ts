import { randomBytes } from 'node:crypto';
import { messageOf, problem } from '../errors.ts';
import { readIfPresent, writeFileAtomic } from '../system/files.ts';
import { RoutesFile, type SettingsWire } from '../wire/proxy.ts';
import type { Table } from './table.ts';

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
    const { routes, settings = {}, secret = newSecret() } = RoutesFile.parse(JSON.parse(text));
    return { table: routes, settings, secret };
  } catch (error) {
    throw problem('ROUTES_UNREADABLE', { path, why: firstLine(error) }, error);
  }
}

export const nothingStored = (): Stored => ({ table: [], settings: {}, secret: newSecret() });

const newSecret = (): string => randomBytes(24).toString('base64url');

/** Stores the routes so that a crash at any instant leaves the old or the new ones. */
export async function saveRoutes(path: string, { table, settings, secret }: Stored): Promise<void> {
  const file = { version: 1, routes: [...table], settings, secret } satisfies RoutesFile;
  await writeFileAtomic(path, `${JSON.stringify(file, null, 1)}\n`);
}

/** zod's message is a JSON list over many lines; the log gets one sentence. */
function firstLine(error: unknown): string {
  if (error instanceof SyntaxError) return 'it is not complete JSON';
  const issues = (error as { issues?: { path: PropertyKey[]; message: string }[] }).issues;
  const [issue] = issues ?? [];
  return issue ? `${issue.path.join('.') || 'it'}: ${issue.message}` : messageOf(error);
}
