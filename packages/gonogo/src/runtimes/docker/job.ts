import { poolKey, type SlotId } from '../../domain/slot.ts';
import type { Ended, JobSpec, PoolSpec } from '../../ports/runtime.ts';
import { jobName, jobPool, keptLines } from '../jobs.ts';
import { asked } from './engine.ts';
import { poolLogs } from './logs.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import type { DockerTools } from './tools.ts';
import { born, type Found, look } from './world.ts';

export type JobCall = { readonly key: string; readonly signal: AbortSignal };

export const hasBegun = async (tools: DockerTools, slot: SlotId, key: string): Promise<boolean> =>
  (await find(tools, slot, jobName(slot, key))) !== undefined;

/** Starts the job's container unless it was begun already, and waits for its end. */
export async function runJob(tools: DockerTools, spec: JobSpec, { key, signal }: JobCall): Promise<Ended> {
  const name = jobName(spec.slot, key);
  if (!(await find(tools, spec.slot, name))) await begin(tools, spec, name);
  const begun = await find(tools, spec.slot, name);
  if (!begun) throw new Error(`the job ${name} is gone`);
  await untilEnded(tools, begun, signal);
  const lines = await printedBy(tools, spec.slot, name);
  const state = (await find(tools, spec.slot, name))?.state;
  return state?.is === 'ended'
    ? { code: state.code, signal: state.signal, lines }
    : { code: null, signal: null, lines };
}

/** Earlier jobs of the slot are forgotten only now, so that a crash in between still finds how they ended. */
async function begin(tools: DockerTools, { slot, ...spec }: JobSpec, id: string): Promise<void> {
  const pool: PoolSpec = { ...spec, pool: jobPool(slot), count: 1 };
  for (const old of await jobsOf(tools, slot))
    if (old.unborn || old.state.is === 'ended') await stop(tools, old, { grace: 0 });
  await start(tools, pool, [{ index: 0, restarts: 0, inARow: 0, id }]);
}

/** Who gives up waiting does not leave it running: it would go on changing what nobody looks at any more. */
async function untilEnded(tools: DockerTools, found: Found, signal: AbortSignal): Promise<void> {
  const { engine } = tools;
  const waiting = engine.streams.getContainer(found.container).wait({ abortSignal: signal });
  const ended = waiting.catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  await asked(engine, 'wait for a container', ended);
  tools.inspected.delete(found.container);
  if (!signal.aborted) return;
  await stop(tools, found, { grace: found.place.grace });
  throw signal.reason;
}

async function printedBy(tools: DockerTools, slot: SlotId, name: string): Promise<string[]> {
  const lines: string[] = [];
  const wish = { lines: keptLines, follow: false, signal: AbortSignal.timeout(10_000) };
  for await (const line of poolLogs(tools, jobPool(slot), wish))
    if (line.instance === name) lines.push(line.text);
  return lines;
}

const jobsOf = async (tools: DockerTools, slot: SlotId): Promise<Found[]> =>
  (await look(tools, slot.target)).filter((found) => poolKey(found.place.pool) === poolKey(jobPool(slot)));

const find = async (tools: DockerTools, slot: SlotId, name: string): Promise<Found | undefined> =>
  born(await jobsOf(tools, slot)).find(({ id }) => id === name);
