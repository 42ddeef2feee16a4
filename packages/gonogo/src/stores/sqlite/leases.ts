import { problem } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Fence, Lease, Leases } from '../../ports/leases.ts';
import { ownerIdentity } from '../../system/owner.ts';
import { isAlive } from '../../system/process.ts';
import type { LeaseRecord } from './calls.ts';
import type { Thread } from './thread.ts';

/**
 * Leases in SQLite. Another's lease expires only when *our own* monotonic clock saw no renewal for its whole `ttl`, or
 * at once when its owner names a process (see `ownerText`) that no longer lives.
 */
export const sqliteLeases = (thread: Thread, clock: Clock): Leases => ({
  claim: async (stream, owner, ttl) => {
    const fence = await claimFence({ thread, clock }, { stream, owner, ttl });
    return leaseOf({ thread, clock }, stream, fence);
  },
  holder: async (stream) => {
    const record = await thread.call('holder', { stream });
    if (!record) return undefined;
    const { owner, fence, claimedAt, renewedAt } = record;
    return { owner, fence, claimedAt, renewedAt };
  },
});

type Tools = { readonly thread: Thread; readonly clock: Clock };
type Wanted = { readonly stream: string; readonly owner: string; readonly ttl: number };

/** Claims, after watching a living holder for at most its `ttl`. LEASE_HELD as soon as the holder renews. */
async function claimFence(tools: Tools, wanted: Wanted): Promise<Fence> {
  const first = await tryClaim(tools, wanted);
  if (typeof first === 'number') return first;
  const since = tools.clock.mono();
  for (;;) {
    const over = isDead(first) || tools.clock.mono() - since >= first.ttl ? first : undefined;
    const now = await tryClaim(tools, wanted, over);
    if (typeof now === 'number') return now;
    if (now.fence !== first.fence || now.renewals !== first.renewals) throw held(tools, now, wanted.stream);
    await tools.clock.sleep(Math.min(250, Math.max(5, first.ttl / 10)));
  }
}

async function tryClaim(
  { thread, clock }: Tools,
  wanted: Wanted,
  over?: LeaseRecord,
): Promise<Fence | LeaseRecord> {
  const seen = over ? { over: { fence: over.fence, renewals: over.renewals } } : {};
  const answer = await thread.call('claim', { ...wanted, at: clock.wall(), ...seen });
  return 'owner' in answer ? answer : answer.fence;
}

function isDead(record: LeaseRecord): boolean {
  const identity = ownerIdentity(record.owner);
  return identity !== undefined && !isAlive(identity);
}

function held({ clock }: Tools, record: LeaseRecord, stream: string): Error {
  const seconds = Math.max(0, Math.round((clock.wall() - record.renewedAt) / 1000));
  return problem('LEASE_HELD', { stream, owner: record.owner, age: `${seconds} s` });
}

const leaseOf = ({ thread, clock }: Tools, stream: string, fence: Fence): Lease => ({
  fence,
  renew: () => thread.call('renew', { stream, fence, at: clock.wall() }),
  release: () => thread.call('release', { stream, fence }),
});
