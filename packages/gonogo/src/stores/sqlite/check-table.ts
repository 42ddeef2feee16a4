import type { Calls, CheckRow } from './calls.ts';
import type { Database } from './database.ts';

/** Rows wait at most this long, so that many results cost one transaction. */
const batchMillis = 200;

export type CheckTable = {
  add(rows: readonly CheckRow[]): void;
  elsewhere: Calls['elsewhere'];
  /** Writes what waits. */
  flush(): void;
};

/** The newest result of every check by environment. Batched: a crash may lose the last 200 ms of it, never a part. */
export function checkTable(database: Database): CheckTable {
  const { sql } = database;
  const upsert = sql.prepare(`
    INSERT INTO newest_checks (project, service, name, environment, host, at, json) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (project, service, name, environment)
    DO UPDATE SET host = excluded.host, at = excluded.at, json = excluded.json WHERE excluded.at >= at`);
  const select = sql.prepare(`
    SELECT * FROM newest_checks WHERE project = ? AND service = ? AND name = ? AND environment <> ? ORDER BY at DESC`);
  let waiting: CheckRow[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    database.write(() => {
      for (const r of waiting) upsert.run(r.project, r.service, r.name, r.environment, r.host, r.at, r.json);
    });
    waiting = [];
  };
  return {
    add: (rows) => {
      waiting.push(...rows);
      timer ??= setTimeout(() => flushLater(flush), batchMillis);
    },
    elsewhere: ({ project, service, environment, name }) => {
      flush();
      return select.all(project, service, name, environment).map(rowOf);
    },
    flush,
  };
}

/** A failed batch stays waiting: the next `elsewhere` tries it, and its caller is told. */
function flushLater(flush: () => void): void {
  try {
    flush();
  } catch {
    // Safe to ignore here: nobody waits for this batch, and the database refuses every later one with the same reason.
  }
}

const rowOf = (row: Record<string, unknown>): CheckRow => ({
  project: String(row.project),
  service: String(row.service),
  environment: String(row.environment),
  host: String(row.host),
  name: String(row.name),
  at: Number(row.at),
  json: String(row.json),
});
