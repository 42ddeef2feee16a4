import type { Outcome, WorkOf } from '../domain/plan.ts';
import { type Call, ok, type Performer } from '../ports/performer.ts';
import {
  keepEvidence,
  lastLines,
  type Opened,
  observePool,
  openRevision,
  poolSpec,
  type Tools,
} from './tools.ts';

type ScaleWork = WorkOf<'scale'>;

/**
 * Makes a pool of one revision so many instances strong. To nothing means: out of routing, acknowledged; then drained;
 * its last output kept; then stopped. Safe to repeat: what is so already is left alone.
 */
export const scaleStep = (tools: Tools): Performer<'scale'> => ({
  perform: async (work, call) =>
    work.count === 0 ? await empty(tools, work) : await fill(tools, work, call),
  look: async (work) => ((await isSo(tools, work)) ? ok() : 'not-begun'),
});

async function fill(tools: Tools, work: ScaleWork, { key, fence, signal }: Call): Promise<Outcome> {
  const opened = await openRevision(tools, work.revision);
  await takeOut(tools, work, opened);
  const [rollout = ''] = key.split('/');
  await tools.runtime.apply({ ...(await poolSpec(tools, opened, work)), rollout }, fence, signal);
  return ok();
}

/** Of too many, those that the runtime will stop get no new request, and finish what they have. */
async function takeOut(tools: Tools, { pool, count }: ScaleWork, { revision }: Opened): Promise<void> {
  const instances = (await observePool(tools, pool))?.instances ?? [];
  const leaving = instances.slice(count).map(({ id }) => id);
  if (leaving.length === 0 || !(await takesTraffic(tools, pool))) return;
  const staying = instances.slice(0, count).filter(({ state }) => state.is === 'running');
  await tools.router.members(
    pool,
    staying.map(({ id, host, port }) => ({ instance: id, host, port })),
  );
  await tools.router.drain(pool, revision.release.manifest.run.grace, leaving);
}

async function empty(tools: Tools, { pool, revision }: ScaleWork): Promise<Outcome> {
  if (!(await observePool(tools, pool))) return ok();
  const { revision: opened, secrets } = await openRevision(tools, revision);
  const { grace } = opened.release.manifest.run;
  if (await takesTraffic(tools, pool)) {
    await tools.router.members(pool, []);
    await tools.router.drain(pool, grace);
  }
  const lines = await lastLines(tools, pool, secrets);
  await tools.runtime.remove(pool, grace);
  return ok(lines.length > 0 ? [await keepEvidence(tools, pool.target, { of: 'log', lines })] : []);
}

const takesTraffic = async ({ router }: Tools, { role, target }: ScaleWork['pool']): Promise<boolean> =>
  role === 'web' && (await router.observe(target)).generation > 0;

/** To nothing means that nothing is left, what ended by itself included: it may be a member still. */
async function isSo(tools: Tools, { pool, revision, count }: ScaleWork): Promise<boolean> {
  const observed = await observePool(tools, pool);
  if (!observed || count === 0) return !observed && count === 0;
  const running = observed.instances.filter((instance) => instance.state.is === 'running');
  return observed.revision === revision && running.length === count;
}
