import type { EvidenceRef, Outcome, WorkOf } from '../domain/plan.ts';
import type { PoolId } from '../domain/slot.ts';
import type { Millis } from '../domain/units.ts';
import { type Call, ok, type Performer } from '../ports/performer.ts';
import type { Drained } from '../ports/router.ts';
import { patiently } from './patience.ts';
import { askReadiness, readinessOf, thoseReady } from './probe.ts';
import {
  keepEvidence,
  lastLines,
  memberOf,
  type Opened,
  observePool,
  openRevision,
  poolSpec,
  type Tools,
} from './tools.ts';

type ScaleWork = WorkOf<'scale'>;

/**
 * Makes a pool of one revision so many instances strong. To nothing means: out of routing, acknowledged; then drained;
 * its last output kept; then stopped. Safe to repeat: what is so already is left alone. Undone by the size it had before.
 * Gives up when an instance cannot be started, or at the step's deadline, by which the drain and the grace fit.
 */
export const scaleStep = (tools: Tools): Performer<'scale'> => ({
  perform: async (work, call) =>
    await patiently(tools, call, () =>
      work.count === 0 ? empty(tools, work, call) : fill(tools, work, call),
    ),
  look: async (work, call) => ((await patiently(tools, call, () => isSo(tools, work))) ? ok() : 'not-begun'),
});

async function fill(tools: Tools, work: ScaleWork, call: Call): Promise<Outcome> {
  const { key, fence, signal } = call;
  const opened = await openRevision(tools, work.revision);
  const evidence = await takeOut(tools, work, { opened, call });
  const [rollout = ''] = key.split('/');
  await tools.runtime.apply({ ...(await poolSpec(tools, opened, work)), rollout }, fence, signal);
  return ok(evidence);
}

/** Of too many, those that the runtime will stop get no new request, and finish what they have. */
async function takeOut(
  tools: Tools,
  { pool, count }: ScaleWork,
  { opened, call }: Taking,
): Promise<EvidenceRef[]> {
  const instances = (await observePool(tools, pool))?.instances ?? [];
  const leaving = instances.slice(count).map(({ id }) => id);
  if (leaving.length === 0 || !(await takesTraffic(tools, pool))) return [];
  const { run } = opened.revision.release.manifest;
  const staying = instances.slice(0, count);
  const ready = thoseReady(await askReadiness(tools, staying, readinessOf(opened, call.signal)));
  // With nobody ready the slot keeps its members: one of those that leave may be the last that answers.
  if (ready.length > 0) await tools.router.members(pool, ready.map(memberOf), call.fence);
  return await keepCuts(tools, pool, await tools.router.drain(pool, run.grace, leaving));
}

type Taking = { readonly opened: Opened; readonly call: Call };

/** What it printed is kept before it goes: a crash in between must not lose it. */
async function empty(tools: Tools, { pool, revision }: ScaleWork, { fence }: Call): Promise<Outcome> {
  if (!(await observePool(tools, pool))) return ok();
  const { revision: opened, secrets } = await openRevision(tools, revision);
  const { grace } = opened.release.manifest.run;
  const cuts = (await takesTraffic(tools, pool)) ? await letGo(tools, pool, { grace, fence }) : [];
  const lines = await lastLines(tools, pool, secrets);
  const log = lines.length > 0 ? [await keepEvidence(tools, pool.target, { of: 'log', lines })] : [];
  await tools.runtime.remove(pool, grace, fence);
  return ok([...cuts, ...log]);
}

type LettingGo = { readonly grace: Millis; readonly fence: Call['fence'] };

async function letGo(tools: Tools, pool: PoolId, { grace, fence }: LettingGo): Promise<EvidenceRef[]> {
  await tools.router.members(pool, [], fence);
  return await keepCuts(tools, pool, await tools.router.drain(pool, grace));
}

/** Users who lost something because a slot was let go are told of; usually there are none. */
async function keepCuts(tools: Tools, { target }: PoolId, { closed, cut }: Drained): Promise<EvidenceRef[]> {
  if (closed + cut === 0) return [];
  const facts = { connections_closed: closed, requests_cut: cut };
  return [await keepEvidence(tools, target, { of: 'facts', facts })];
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
