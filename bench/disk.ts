import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from '../packages/gonogo/src/stores/sqlite/database.ts';
import { openStores } from '../packages/gonogo/src/stores/sqlite/index.ts';
import { forgetEvidence } from '../packages/gonogo/src/stores/sqlite/retention.ts';
import { journalSchema } from '../packages/gonogo/src/stores/sqlite/schema.ts';
import { systemClock } from '../packages/gonogo/src/system/clock.ts';
import type { StateFolder } from '../packages/gonogo/src/system/state.ts';
import { build } from './built.ts';
import { rounded } from './host/figures.ts';
import { deployTwice, openHost } from './host/host.ts';
import { addPast } from './host/past.ts';
import { killAgent, startAgent } from './host/start.ts';

const environment = 'production';

/**
 * What an agent remembers on the disk after `--rollouts` (10,000) in one environment, each with its evidence and a
 * revision of its own: copies of a real blue/green deploy that succeeded, of a site without checks. In MB: the whole
 * journal, the text of its tables, and the vault as the file system counts it. In milliseconds: what a day's retention
 * takes, which finds nothing to forget here.
 */
export async function disk(options: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  await build();
  const rollouts = Number(options.rollouts ?? 10_000);
  const host = await openHost('built');
  try {
    await deployTwice(host, environment);
    const [status] = await (await host.agent()).status({ project: host.project, environment });
    await killAgent(host.state);
    await addPast(host.state, { ...host, environment, rollouts: rollouts - 2, evidence: true });
    await copyRevision(host.state, status?.proven ?? '', rollouts - 2);
    await startAgent(host.state, 'built'); // Folds it, and keeps a snapshot.
    await killAgent(host.state);
    return { rollouts, ...(await sizes(host.state, status?.proven ?? '', rollouts)) };
  } finally {
    await host.close();
  }
}

/** Under other names, as a variable that changes with every deploy would make them. The vault has one file of each. */
async function copyRevision(state: StateFolder, id: string, copies: number): Promise<void> {
  const stores = await openStores(state, systemClock);
  try {
    const revision = await stores.revisions.open(id);
    for (let n = 0; n < copies; n++)
      await stores.revisions.put({
        ...revision,
        id: `${id.slice(0, 12)}.${n.toString(16).padStart(8, '0')}`,
      });
  } finally {
    await stores.close();
  }
}

async function sizes(
  state: StateFolder,
  revision: string,
  rollouts: number,
): Promise<Record<string, number>> {
  const { blocks } = await stat(join(state.vault, `${revision}.json`));
  const journal = openDatabase(state.journal, { schema: journalSchema, synchronous: 'FULL' });
  try {
    const megabytes = (query: string): number =>
      rounded(Number(Object.values(journal.sql.prepare(query).get() ?? {})[0]) / 1e6);
    const began = performance.now();
    forgetEvidence(journal, Date.now());
    return {
      retention_ms: Math.round(performance.now() - began),
      journal_mb: megabytes('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size'),
      events_mb: megabytes('SELECT sum(length(json)) FROM events'),
      milestones_mb: megabytes('SELECT sum(length(json)) FROM milestones'),
      evidence_mb: megabytes('SELECT sum(length(json)) FROM evidence'),
      revisions_mb: megabytes('SELECT sum(length(json)) FROM revisions'),
      snapshot_mb: megabytes('SELECT sum(length(state)) FROM snapshots'),
      vault_mb: rounded((blocks * 512 * rollouts) / 1e6),
    };
  } finally {
    journal.close();
  }
}
