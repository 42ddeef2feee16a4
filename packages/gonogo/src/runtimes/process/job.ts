import { poolKey, type SlotId } from '../../domain/slot.ts';
import type { Ended, JobSpec, PoolSpec } from '../../ports/runtime.ts';
import { jobName, jobPool, keptLines } from '../jobs.ts';
import { outputFile, poolFolder } from './folders.ts';
import { tail } from './output.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import type { ProcessTools } from './tools.ts';
import { type Found, look } from './world.ts';

/** How often a running job is looked at; the keeper tells of its end sooner. */
const lookEvery = 1000;

export const hasBegun = async (tools: ProcessTools, slot: SlotId, key: string): Promise<boolean> =>
  (await find(tools, slot, jobName(slot, key))) !== undefined;

/** Starts the job unless it was begun already, and waits for its end. */
export async function runJob(tools: ProcessTools, spec: JobSpec, how: JobCall): Promise<Ended> {
  const name = jobName(spec.slot, how.key);
  if (!(await find(tools, spec.slot, name))) await begin(tools, spec, name);
  const found = await untilEnded(tools, { slot: spec.slot, name, signal: how.signal });
  const lines = await tail(outputFile(poolFolder(tools.folder, jobPool(spec.slot)), name), keptLines);
  const { state } = found;
  return state.is === 'ended'
    ? { code: state.code, signal: state.signal, lines }
    : { code: null, signal: null, lines };
}

export type JobCall = { readonly key: string; readonly signal: AbortSignal };

/** Earlier jobs of the slot are forgotten only now, so that a crash in between still finds how they ended. */
async function begin(tools: ProcessTools, { slot, ...spec }: JobSpec, id: string): Promise<void> {
  const pool: PoolSpec = { ...spec, pool: jobPool(slot), count: 1 };
  for (const old of await jobsOf(tools, slot))
    if (old.state.is === 'ended') await stop(tools, old, { grace: 0 });
  await start(tools, pool, [{ index: 0, restarts: 0, inARow: 0, id }]);
}

type Waiting = { readonly slot: SlotId; readonly name: string; readonly signal: AbortSignal };

async function untilEnded(tools: ProcessTools, { slot, name, signal }: Waiting): Promise<Found> {
  const ended = new AbortController();
  const forget = tools.keeper.onEnded(({ key }) => key === name && ended.abort());
  try {
    for (;;) {
      const found = await find(tools, slot, name);
      if (!found) throw new Error(`the job ${name} is gone`);
      if (found.state.is === 'ended') return found;
      if (signal.aborted) return await giveUp(tools, found, signal);
      await tools.clock.sleep(lookEvery, AbortSignal.any([signal, ended.signal])).catch(() => undefined); // Woken to look.
    }
  } finally {
    forget();
  }
}

/** Who gives up waiting does not leave it running: it would go on changing what nobody looks at any more. */
async function giveUp(tools: ProcessTools, found: Found, signal: AbortSignal): Promise<never> {
  await stop(tools, found, { grace: found.place.grace });
  throw signal.reason;
}

const jobsOf = async (tools: ProcessTools, slot: SlotId): Promise<Found[]> =>
  (await look(tools, slot.target)).filter((found) => poolKey(found.place.pool) === poolKey(jobPool(slot)));

const find = async (tools: ProcessTools, slot: SlotId, name: string): Promise<Found | undefined> =>
  (await jobsOf(tools, slot)).find(({ id }) => id === name);
