import type { Clock } from '../../ports/clock.ts';
import type { EvidenceStore } from '../../ports/evidence.ts';
import type { Journal, RolloutIndex } from '../../ports/journal.ts';
import type { Leases } from '../../ports/leases.ts';
import type { ReleaseRecords } from '../../ports/release-records.ts';
import type { Revisions } from '../../ports/revisions.ts';
import type { Vault } from '../../ports/vault.ts';
import type { StateFolder } from '../../system/state.ts';
import { sqliteEvidence } from './evidence.ts';
import { sqliteJournal } from './journal.ts';
import { sqliteLeases } from './leases.ts';
import { sqliteReleases } from './releases.ts';
import { sqliteRevisions } from './revisions.ts';
import { startThread } from './thread.ts';
import { openVault } from './vault.ts';

/** Everything gonogo remembers. */
export type Stores = {
  readonly journal: Journal & RolloutIndex;
  readonly leases: Leases;
  readonly vault: Vault;
  readonly revisions: Revisions;
  readonly releases: ReleaseRecords;
  readonly evidence: EvidenceStore;
  /** Writes what waits and ends the worker thread; every later call fails with STATE_UNUSABLE. */
  close(): Promise<void>;
};

/**
 * Opens the stores of a state folder, and makes it (mode 0700) when there is none; their thread is on its way when this
 * returns, whatever the caller does next. Fails with STATE_UNUSABLE, DISK_FULL or STATE_NEWER. After a full disk or a
 * failed write or sync every later write fails with that same problem: the stores must be opened anew.
 */
export async function openStores(state: StateFolder, clock: Clock): Promise<Stores> {
  const starting = startThread({ journal: state.journal, telemetry: state.telemetry });
  const [started, opened] = await Promise.allSettled([starting, openVault(state.vault)]);
  if (started.status === 'rejected') throw started.reason;
  const thread = started.value;
  if (opened.status === 'rejected') {
    await thread.close();
    throw opened.reason;
  }
  const vault = opened.value;
  return {
    journal: sqliteJournal(thread),
    leases: sqliteLeases(thread, clock),
    vault,
    revisions: sqliteRevisions(thread, state.journal),
    releases: sqliteReleases(thread),
    evidence: sqliteEvidence(thread, clock),
    close: () => thread.close(),
  };
}
