import { problem } from '../../errors.ts';
import type { Calls, LeaseRecord, Seen } from './calls.ts';
import type { Database } from './database.ts';

type LeaseCalls = Pick<Calls, 'claim' | 'renew' | 'release' | 'holder'>;

/** The leases' side of the worker. */
export function leaseTable(database: Database): LeaseCalls {
  const { sql } = database;
  const select = sql.prepare('SELECT * FROM leases WHERE stream = ? AND owner IS NOT NULL');
  const claim = sql.prepare(`
    INSERT INTO leases (stream, owner, fence, renewals, ttl, claimed_at, renewed_at) VALUES (?, ?, 1, 0, ?, ?, ?)
    ON CONFLICT (stream) DO UPDATE SET owner = excluded.owner, fence = fence + 1, renewals = 0, ttl = excluded.ttl,
      claimed_at = excluded.claimed_at, renewed_at = excluded.renewed_at
    RETURNING fence`);
  const renew = sql.prepare(`
    UPDATE leases SET renewals = renewals + 1, renewed_at = ? WHERE stream = ? AND fence = ? AND owner IS NOT NULL`);
  const release = sql.prepare('UPDATE leases SET owner = NULL WHERE stream = ? AND fence = ?');
  const holder = (stream: string): LeaseRecord | undefined => recordOf(select.get(stream));

  return {
    claim: ({ stream, owner, ttl, at, over }) =>
      database.write(() => {
        const held = holder(stream);
        if (held && held.owner !== owner && !isSame(held, over)) return held;
        return { fence: Number(claim.get(stream, owner, ttl, at, at)?.fence) };
      }),
    renew: ({ stream, fence, at }) =>
      database.write(() => {
        if (renew.run(at, stream, fence).changes === 0) throw problem('LEASE_LOST', { stream });
      }),
    // No row changes when somebody else has claimed since: then there is nothing of ours to release. One that a power
    // failure brings back is stale, since its owner died of it.
    release: ({ stream, fence }) => database.writeAhead(() => void release.run(stream, fence)),
    holder: ({ stream }) => holder(stream),
  };
}

const isSame = (held: LeaseRecord, seen: Seen | undefined): boolean =>
  seen !== undefined && held.fence === seen.fence && held.renewals === seen.renewals;

function recordOf(row: Record<string, unknown> | undefined): LeaseRecord | undefined {
  if (!row) return undefined;
  return {
    owner: String(row.owner),
    fence: Number(row.fence),
    renewals: Number(row.renewals),
    ttl: Number(row.ttl),
    claimedAt: Number(row.claimed_at),
    renewedAt: Number(row.renewed_at),
  };
}
