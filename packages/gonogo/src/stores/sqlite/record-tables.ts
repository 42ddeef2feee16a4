import type { Calls } from './calls.ts';
import type { Database } from './database.ts';

type RecordCalls = Pick<Calls, 'putRevision' | 'openRevision' | 'putEvidence' | 'getEvidence'>;

/** Revisions and evidence: blobs by name, on disk as soon as an event of the journal that refers to them is. */
export function recordTables(database: Database): RecordCalls {
  const { sql } = database;
  const putRevision = sql.prepare('INSERT OR REPLACE INTO revisions (id, json) VALUES (?, ?)');
  const openRevision = sql.prepare('SELECT json FROM revisions WHERE id = ?');
  const putEvidence = sql.prepare('INSERT INTO evidence (at, json) VALUES (?, ?)');
  const getEvidence = sql.prepare('SELECT at, json FROM evidence WHERE id = ?');

  return {
    putRevision: ({ id, json }) => database.writeAhead(() => void putRevision.run(id, json)),
    openRevision: ({ id }) => {
      const row = openRevision.get(id);
      return row ? String(row.json) : undefined;
    },
    putEvidence: ({ at, json }) =>
      database.writeAhead(() => `evidence-${putEvidence.run(at, json).lastInsertRowid}`),
    getEvidence: ({ ref }) => {
      const row = getEvidence.get(Number(/^evidence-(\d+)$/.exec(ref)?.[1] ?? 0));
      return row ? { at: Number(row.at), json: String(row.json) } : undefined;
    },
  };
}
