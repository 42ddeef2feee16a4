import { messageOf, problem } from '../errors.ts';
import { readIfPresent, writeFileAtomic } from '../system/files.ts';
import { RoutesFile } from '../wire/proxy.ts';
import type { Table } from './table.ts';

/**
 * The routes this proxy served last; none when there is no file yet. A torn or unknown file is refused with
 * ROUTES_UNREADABLE: to serve nobody by mistake is worse than not to start.
 */
export async function loadRoutes(path: string): Promise<Table> {
  const text = await readIfPresent(path);
  if (text === undefined) return [];
  try {
    return RoutesFile.parse(JSON.parse(text)).routes;
  } catch (error) {
    throw problem('ROUTES_UNREADABLE', { path, why: firstLine(error) }, error);
  }
}

/** Stores the routes so that a crash at any instant leaves the old or the new ones. */
export async function saveRoutes(path: string, table: Table): Promise<void> {
  await writeFileAtomic(
    path,
    `${JSON.stringify({ version: 1, routes: [...table] } satisfies RoutesFile, null, 1)}\n`,
  );
}

/** zod's message is a JSON list over many lines; the log gets one sentence. */
function firstLine(error: unknown): string {
  if (error instanceof SyntaxError) return 'it is not complete JSON';
  const issues = (error as { issues?: { path: PropertyKey[]; message: string }[] }).issues;
  const [issue] = issues ?? [];
  return issue ? `${issue.path.join('.') || 'it'}: ${issue.message}` : messageOf(error);
}
