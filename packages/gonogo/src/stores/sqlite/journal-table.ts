import { problem } from '../../errors.ts';
import type { Calls, StoredEvent } from './calls.ts';
import type { Database } from './database.ts';

type JournalCalls = Pick<Calls, 'append' | 'read' | 'rolloutEvents' | 'milestones' | 'streams'>;

/** The journal's side of the worker. */
export function journalTable(database: Database): JournalCalls {
  const { sql } = database;
  const last = sql.prepare('SELECT seq, rollout FROM events WHERE stream = ? ORDER BY seq DESC LIMIT 1');
  const fenceOf = sql.prepare('SELECT fence FROM leases WHERE stream = ?');
  const insert = inserter(database);
  const read = sql.prepare(joined('events WHERE stream = ? AND seq >= ?', 'seq'));
  const ofRollout = sql.prepare(joined('events WHERE rollout = ?', 'seq'));
  // Nothing is appended without a lease, so this need not walk through all events.
  const streams = sql.prepare(`
    SELECT stream FROM leases WHERE EXISTS (SELECT 1 FROM events WHERE events.stream = leases.stream) ORDER BY stream`);
  const oldest = sql.prepare(
    'SELECT seq FROM milestones WHERE stream = ? AND begins = 1 ORDER BY seq DESC LIMIT 1 OFFSET ?',
  );
  const milestones = sql.prepare(joined('milestones WHERE stream = ? AND seq >= ?', 'seq DESC'));

  return {
    append: ({ stream, after, fence, events }) =>
      database.write(() => {
        const row = last.get(stream);
        const at = row ? Number(row.seq) + 1 : 0;
        if (at !== after) throw problem('JOURNAL_MOVED', { stream, expected: after, actual: at });
        if (fenceOf.get(stream)?.fence !== fence) throw problem('LEASE_LOST', { stream });
        insert(stream, { seq: at, rollout: textOrNull(row?.rollout) }, events);
        return at + events.length;
      }),
    read: ({ stream, from }) => jsonArray(read.get(stream, from)),
    rolloutEvents: ({ id }) => jsonArray(ofRollout.get(id)),
    milestones: ({ stream, limit }) => {
      // With fewer rollouts than asked for, everything from the beginning.
      const from = Number(oldest.get(stream, limit - 1)?.seq ?? 0);
      return jsonArray(milestones.get(stream, from));
    },
    streams: () => streams.all().map((row) => String(row.stream)),
  };
}

type Position = { readonly seq: number; readonly rollout: string | null };

function inserter({
  sql,
}: Database): (stream: string, start: Position, events: readonly StoredEvent[]) => void {
  const event = sql.prepare('INSERT INTO events (stream, seq, rollout, e, json) VALUES (?, ?, ?, ?, ?)');
  const milestone = sql.prepare('INSERT INTO milestones (stream, seq, begins, json) VALUES (?, ?, ?, ?)');
  return (stream, start, events) => {
    let { seq, rollout } = start;
    for (const one of events) {
      rollout = one.begins ?? rollout;
      event.run(stream, seq, rollout, one.e, one.json);
      if (one.milestone !== undefined)
        milestone.run(stream, seq, one.begins === undefined ? 0 : 1, one.milestone);
      seq += 1;
    }
  };
}

/**
 * Joined by SQLite: one string to hand over instead of thousands of rows. `group_concat` takes them in the subquery's
 * order, which the index gives; its own ORDER BY would sort copies, and took twice as long.
 */
const joined = (rows: string, order: string): string =>
  `SELECT group_concat(json, ',') AS all_json FROM (SELECT json FROM ${rows} ORDER BY ${order})`;

const jsonArray = (row: Record<string, unknown> | undefined): string =>
  `[${textOrNull(row?.all_json) ?? ''}]`;

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
