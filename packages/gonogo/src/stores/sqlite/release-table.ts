import type { Calls } from './calls.ts';
import type { Database } from './database.ts';

type ReleaseCalls = Pick<
  Calls,
  'putRelease' | 'findRelease' | 'listReleases' | 'releasePackages' | 'forgetRelease'
>;

/** What is known of releases; their lists of packages, which are long, are read only when asked for. */
export function releaseTable(database: Database): ReleaseCalls {
  const { sql } = database;
  const put = sql.prepare(
    'INSERT OR REPLACE INTO releases (project, digest, at, json, packages) VALUES (?, ?, ?, ?, ?)',
  );
  const find = sql.prepare('SELECT json FROM releases WHERE project = ? AND digest = ?');
  const list = sql.prepare(
    'SELECT json FROM releases WHERE ?1 IS NULL OR project = ?1 ORDER BY at DESC, digest',
  );
  const packages = sql.prepare('SELECT packages FROM releases WHERE project = ? AND digest = ?');
  const forget = sql.prepare('DELETE FROM releases WHERE project = ? AND digest = ?');
  return {
    putRelease: (release) =>
      database.write(
        () => void put.run(release.project, release.digest, release.at, release.json, release.packages),
      ),
    findRelease: ({ project, digest }) => textOf(find.get(project, digest)?.json),
    listReleases: ({ project }) => `[${list.all(project ?? null).map(({ json }) => String(json))}]`,
    releasePackages: ({ project, digest }) => textOf(packages.get(project, digest)?.packages),
    forgetRelease: ({ project, digest }) => database.write(() => void forget.run(project, digest)),
  };
}

const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));
