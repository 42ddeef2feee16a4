import type { CheckResult } from '../../domain/check.ts';
import type { Target } from '../../domain/target.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Evidence, EvidenceStore } from '../../ports/evidence.ts';
import type { CheckRow } from './calls.ts';
import type { Thread } from './thread.ts';

/** Evidence in SQLite: blobs beside the journal, and the newest result of every check in the telemetry database. */
export const sqliteEvidence = (thread: Thread, clock: Clock): EvidenceStore => ({
  put: (target, evidence) => {
    const at = clock.wall();
    const checks =
      evidence.of === 'checks' ? evidence.results.map((result) => checkRow(target, at, result)) : [];
    return thread.call('putEvidence', { at, json: JSON.stringify(evidence), checks });
  },
  get: async (ref) => {
    const found = await thread.call('getEvidence', { ref });
    return found && { ref, at: found.at, evidence: JSON.parse(found.json) as Evidence };
  },
  elsewhere: async ({ project, service, environment }, name) => {
    const rows = await thread.call('elsewhere', { project, service, environment, name });
    return rows.map((row) => ({
      target: { project, service, environment: row.environment, host: row.host },
      at: row.at,
      result: JSON.parse(row.json) as CheckResult,
    }));
  },
});

const checkRow = (target: Target, at: number, result: CheckResult): CheckRow => ({
  ...target,
  name: result.name,
  at,
  json: JSON.stringify(result),
});
