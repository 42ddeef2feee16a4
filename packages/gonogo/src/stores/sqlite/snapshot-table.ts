import { sha256 } from '../../system/digest.ts';
import type { Calls } from './calls.ts';
import type { Database } from './database.ts';

type SnapshotCalls = Pick<Calls, 'snapshot' | 'keepSnapshot'>;

/** The snapshots' side of the worker: the newest one of each stream. */
export function snapshotTable(database: Database): SnapshotCalls {
  const { sql } = database;
  const select = sql.prepare(`
    SELECT seq, digest, state FROM snapshots WHERE stream = ? AND version = ?
      AND seq <= (SELECT max(seq) + 1 FROM events WHERE events.stream = snapshots.stream)`);
  const upsert = sql.prepare(
    'INSERT OR REPLACE INTO snapshots (stream, seq, version, digest, state) VALUES (?, ?, ?, ?, ?)',
  );
  return {
    snapshot: ({ stream, version }) => {
      const row = select.get(stream, version);
      if (!row) return undefined;
      const found = { seq: Number(row.seq), state: String(row.state) };
      return digestOf(found) === row.digest ? found : undefined;
    },
    keepSnapshot: ({ stream, version, seq, state }) =>
      database.writeAhead(() => void upsert.run(stream, seq, version, digestOf({ seq, state }), state)),
  };
}

/** A snapshot that was torn or changed must not be taken for what happened. */
const digestOf = ({ seq, state }: { seq: number; state: string }): string => sha256(`${seq} ${state}`);
