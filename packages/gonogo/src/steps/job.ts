import type { Outcome, WorkOf } from '../domain/plan.ts';
import type { SlotId } from '../domain/slot.ts';
import { type Call, failed, ok, type Performer, unknown } from '../ports/performer.ts';
import type { Ended, JobSpec } from '../ports/runtime.ts';
import { keepEvidence, type Opened, openRevision, type Tools, withCommand } from './tools.ts';

type JobWork = WorkOf<'job'>;

/**
 * Runs the release's migration, or its way back, in the new slot's environment. The runtime runs each key once; after a
 * crash a job that was begun is waited for, and one whose end nobody saw is unknown. Taken back by the release's own way
 * back, and only where what serves does not work any more (`remedy`). Gives up at the step’s deadline, and stops it then.
 */
export const jobStep = (tools: Tools): Performer<'job'> => ({
  perform: async (work, call) => await run(tools, work, call),
  look: async (work, call) =>
    (await tools.runtime.hasBegun(work.slot, call.key)) ? await run(tools, work, call) : 'not-begun',
});

async function run(tools: Tools, work: JobWork, { key, signal }: Call): Promise<Outcome> {
  const opened = await openRevision(tools, work.revision);
  const command = commandOf(work, opened);
  if (!command) return failed(`the release names no command to ${inWords(work)}`);
  const ended = await tools.runtime.job(
    await jobSpec(tools, { slot: work.slot, opened, command }),
    key,
    signal,
  );
  const lines = ended.lines.map((line) => tools.redact(line, opened.secrets));
  const evidence = [await keepEvidence(tools, work.slot.target, { of: 'log', lines })];
  return outcomeOf(work, { ...ended, lines }, evidence);
}

function commandOf({ job }: JobWork, { revision }: Opened): readonly string[] | undefined {
  const { migrate } = revision.release.manifest;
  return job === 'migrate' ? migrate?.run : migrate?.undo;
}

type Asked = { readonly slot: SlotId; readonly opened: Opened; readonly command: readonly string[] };

/** A command of a revision's release, to be run in its environment. */
export async function jobSpec(
  tools: Pick<Tools, 'artifacts'>,
  { slot, opened, command }: Asked,
): Promise<JobSpec> {
  const { release, id, address } = opened.revision;
  return {
    slot,
    revision: id,
    releaseDigest: release.digest,
    artifact: await tools.artifacts.locate(release.artifact),
    manifest: withCommand(release.manifest, command),
    values: opened.values,
    address,
  };
}

function outcomeOf(work: JobWork, { code, signal, lines }: Ended, evidence: readonly string[]): Outcome {
  if (code === 0) return ok(evidence);
  const said = lines.findLast((line) => line.trim() !== '')?.trim();
  const words = said === undefined ? '' : `: ${said}`;
  if (code === null && signal === null)
    return { ...unknown(`nobody saw how the command to ${inWords(work)} ended${words}`), evidence };
  const how = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
  return failed(`the command to ${inWords(work)} ${how}${words}`, {
    hint: 'its whole output is kept with this rollout: gonogo show',
    evidence,
  });
}

const inWords = ({ job }: JobWork): string => (job === 'migrate' ? 'migrate' : 'take the migration back');
