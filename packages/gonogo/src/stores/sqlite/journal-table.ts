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
  const read = sql.prepare('SELECT json FROM events WHERE stream = ? AND seq >= ? ORDER BY seq');
  const ofRollout = sql.prepare('SELECT json FROM events WHERE rollout = ? ORDER BY seq');
  const streams = sql.prepare('SELECT DISTINCT stream FROM events ORDER BY stream');
  const oldest = sql.prepare(
    'SELECT seq FROM milestones WHERE stream = ? AND begins = 1 ORDER BY seq DESC LIMIT 1 OFFSET ?',
  );
  const milestones = sql.prepare(
    'SELECT json FROM milestones WHERE stream = ? AND seq >= ? ORDER BY seq DESC',
  );

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
    read: ({ stream, from }) => jsonArray(read.all(stream, from)),
    rolloutEvents: ({ id }) => jsonArray(ofRollout.all(id)),
    milestones: ({ stream, limit }) => {
      // With fewer rollouts than asked for, everything from the beginning.
      const from = Number(oldest.get(stream, limit - 1)?.seq ?? 0);
      return jsonArray(milestones.all(stream, from));
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

/** One string to hand over instead of thousands of objects. */
const jsonArray = (rows: readonly Record<string, unknown>[]): string =>
  `[${rows.map((row) => row.json).join(',')}]`;

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
