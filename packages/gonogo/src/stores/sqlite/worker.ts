import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, Problem, problem, tellProblem } from '../../errors.ts';
import { diskProblem } from '../../system/disk.ts';
import type { Answer, Calls, Request, SentProblem, WorkerPaths } from './calls.ts';
import { checkTable } from './check-table.ts';
import { openDatabase } from './database.ts';
import { journalTable } from './journal-table.ts';
import { leaseTable } from './lease-table.ts';
import { recordTables } from './record-tables.ts';
import { releaseTable } from './release-table.ts';
import { everyDay, forgetChecks, forgetEvidence } from './retention.ts';
import { journalSchema, telemetrySchema } from './schema.ts';
import { snapshotTable } from './snapshot-table.ts';

/** The thread that owns the databases: a commit beside other writers can take 50 ms, which probes must not feel. */
function main(): void {
  if (!parentPort) throw new TypeError('this file is the SQLite worker thread');
  const port = parentPort;
  const send = (answer: Answer): void => port.postMessage(answer);
  let calls: Calls;
  try {
    calls = openCalls(workerData as WorkerPaths);
  } catch (error) {
    send({ id: 0, problem: sentProblem(error) });
    return;
  }
  send({ id: 0, ok: undefined });
  port.on('message', (request: Request) => {
    send(answer(calls, request));
    if (request.do === 'close') port.close();
  });
}

function openCalls(paths: WorkerPaths): Calls {
  for (const path of Object.values(paths)) makeFolderOf(path);
  const journal = openDatabase(paths.journal, { schema: journalSchema, synchronous: 'FULL' });
  const telemetry = openDatabase(paths.telemetry, { schema: telemetrySchema, synchronous: 'NORMAL' });
  const checks = checkTable(telemetry);
  const records = recordTables(journal);
  everyDay(() => {
    forgetEvidence(journal, Date.now());
    forgetChecks(telemetry, Date.now());
  });
  return {
    ...journalTable(journal),
    ...snapshotTable(journal),
    ...leaseTable(journal),
    ...records,
    ...releaseTable(journal),
    putEvidence: (input) => {
      const ref = records.putEvidence(input);
      checks.add(input.checks);
      return ref;
    },
    elsewhere: checks.elsewhere,
    close: () => {
      try {
        checks.flush();
      } finally {
        telemetry.close();
        journal.close();
      }
    },
  };
}

function makeFolderOf(path: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw diskProblem(error, folder);
  }
}

function answer(calls: Calls, request: Request): Answer {
  try {
    // The client's types pair every name with its input.
    const call = calls[request.do] as (input: unknown) => unknown;
    return { id: request.id, ok: call(request.with) };
  } catch (error) {
    return { id: request.id, problem: sentProblem(error) };
  }
}

function sentProblem(error: unknown): SentProblem {
  const known = error instanceof Problem ? error : problem('INTERNAL', { what: messageOf(error) }, error);
  const cause = known.cause === undefined ? {} : { cause: messageOf(known.cause) };
  return { ...tellProblem(known), facts: known.facts, ...cause };
}

main();
