import type { CheckResult, CheckSpec } from '../domain/check.ts';
import { routeOf } from '../domain/front.ts';
import type { Outcome, WorkOf } from '../domain/plan.ts';
import { beginsWith } from '../domain/scaling.ts';
import { otherSlot, type PoolId } from '../domain/slot.ts';
import type { Target } from '../domain/target.ts';
import type { Evidence } from '../ports/evidence.ts';
import { type Call, failed, ok, type Performer } from '../ports/performer.ts';
import type { Room } from '../ports/runtime.ts';
import type { Vantage } from '../ports/vantage.ts';
import { runAhead } from './ahead.ts';
import { explainEnd } from './explain.ts';
import { answersOf, askReadiness, readinessOf, thoseReady } from './probe.ts';
import {
  keepAll,
  keepEvidence,
  lastLines,
  type Opened,
  observePool,
  openRevision,
  type Tools,
} from './tools.ts';

type CheckWork = WorkOf<'check'>;

/** From where everything is asked that comes before the first instance. */
const here = 'this host';

/**
 * Asks a suite of checks. `preflight`: the contract's variables, what runs the release, the front's address, and room on
 * the host, before anything is touched.
 * `reach`: what the contract must reach, from inside the new slot. `smoke`: the service's own checks, through the
 * slot's private address. `still-works`: the readiness and the checks of what serves, on a database that was migrated
 * for another release. Changes nothing, so it has nothing to undo and is simply asked again after a crash.
 */
export const checkStep = (tools: Tools): Performer<'check'> => ({
  perform: async (work, call) => await ask(tools, work, call),
  look: async () => 'not-begun',
});

async function ask(tools: Tools, work: CheckWork, call: Call): Promise<Outcome> {
  const opened = await openRevision(tools, work.revision);
  const specs = specsOf(tools, work, opened);
  const { why, found } = await askFirst(tools, work, { opened, call });
  if (why !== undefined) return failed(why, { evidence: await keepAll(tools, work.slot.target, found) });
  if (specs.length === 0) return ok(await keepAll(tools, work.slot.target, found));
  const vantage = await vantageOf(tools, work, { opened, key: call.key });
  if ('gap' in vantage) return await unaskable(tools, work, { opened, gap: vantage.gap });
  const results = await tools.checks.run(specs, vantage, {
    secrets: opened.secrets,
    signal: call.signal,
    onResult: (result) => tools.onCheck(call.key, result),
  });
  return await judge(tools, work.slot.target, { results, found });
}

/** Nothing can be asked from inside what has ended; then why it ended is what users need. */
async function unaskable(
  tools: Tools,
  { slot }: CheckWork,
  { opened, gap }: { readonly opened: Opened; readonly gap: string },
): Promise<Outcome> {
  const pool = { ...slot, role: 'web' };
  const ended = (await observePool(tools, pool))?.instances.find((one) => one.state.is === 'ended');
  if (!ended) return failed(gap);
  const lines = await lastLines(tools, pool, opened.secrets);
  const { why, hint } = explainEnd(ended, slot.slot, lines);
  return failed(why, { hint, evidence: [await keepEvidence(tools, slot.target, { of: 'log', lines })] });
}

type Asking = { readonly opened: Opened; readonly call: Call };

/** What was found before any check was asked; with `why`, none needs to be. */
type First = { readonly why?: string; readonly found: readonly Evidence[] };

async function askFirst(tools: Tools, work: CheckWork, { opened, call }: Asking): Promise<First> {
  switch (work.suite) {
    case 'preflight': {
      const { fault, asked } = await askHost(tools, work, opened);
      return {
        ...(fault === undefined ? {} : { why: fault }),
        found: [{ of: 'facts', from: here, facts: asked }],
      };
    }
    case 'still-works':
      return await areReady(tools, work, { opened, call });
    case 'reach':
    case 'smoke':
      return { found: [] };
  }
}

/** Whether the router and the host will do what comes later, before anything is touched. */
async function askHost(tools: Tools, work: CheckWork, opened: Opened): Promise<Room> {
  const { revision, values } = opened;
  const { id, address, replicas, release } = revision;
  const artifact = await tools.artifacts.locate(release.artifact);
  const pool = { ...work.slot, role: 'web' };
  const serving = await observePool(tools, { ...pool, slot: otherSlot(pool.slot) });
  const count = beginsWith(replicas, serving?.instances.length ?? 0);
  const what = { pool, revision: id, releaseDigest: release.digest, count, address };
  const refusal = await tools.router.vet(work.slot.target, routeOf(work, values));
  const { host, port } = work.front;
  const certificate = work.proxy?.tls ? ', and its certificate can be used' : '';
  const front = { [`front ${host}:${port}`]: refusal ?? `can be listened on${certificate}` };
  if (refusal !== undefined) return { fault: refusal, asked: front };
  const room = await tools.runtime.vet({ ...what, artifact, manifest: release.manifest, values });
  return { ...room, asked: { ...front, ...room.asked } };
}

/** Whether every instance of the slot is ready now. */
async function areReady(tools: Tools, { slot }: CheckWork, { opened, call }: Asking): Promise<First> {
  const instances = (await observePool(tools, { ...slot, role: 'web' }))?.instances ?? [];
  const answered = await askReadiness(tools, instances, readinessOf(opened, call.signal));
  const { length } = thoseReady(answered);
  const found = [answersOf(answered)];
  if (length === instances.length && length > 0) return { found };
  return { why: `${length} of ${instances.length} instances in ${slot.slot} are ready`, found };
}

function specsOf(tools: Tools, { suite }: CheckWork, { revision, values }: Opened): readonly CheckSpec[] {
  const { contract, checks } = revision.release.manifest;
  switch (suite) {
    case 'preflight':
      return [...tools.suites.environment(contract), ...tools.suites.runtime(contract)];
    case 'reach':
      return tools.suites.reach(contract, values);
    case 'smoke':
    case 'still-works':
      return checks;
  }
}

/** Preflight asks from here, with the new revision's values; everything later asks from inside an instance. */
async function vantageOf(
  tools: Tools,
  work: CheckWork,
  { opened, key }: { readonly opened: Opened; readonly key: string },
): Promise<Vantage | { gap: string }> {
  if (work.suite === 'preflight') {
    const cwd = await tools.artifacts.locate(opened.revision.release.artifact);
    return {
      from: here,
      values: opened.values,
      cwd,
      run: runAhead(tools, { slot: work.slot, opened, key }),
    };
  }
  return await insideOf(tools, { ...work.slot, role: 'web' }, { opened, ended: work.suite === 'reach' });
}

/**
 * From inside a running instance of a pool; with `ended` also from one that ended: what it could reach says why it
 * ended, but what it answers says nothing. What it was started with is known even where a process hides its environment.
 */
export async function insideOf(
  tools: Tools,
  pool: PoolId,
  { opened, ended }: { readonly opened: Opened; readonly ended: boolean },
): Promise<Vantage | { gap: string }> {
  const instances = (await observePool(tools, pool))?.instances ?? [];
  const running = instances.find((one) => one.state.is === 'running');
  const instance = running ?? (ended ? instances[0] : undefined);
  if (!instance) return { gap: `no instance runs in ${pool.slot}, so nothing can be asked from there` };
  const vantage = await tools.runtime.vantage(instance.id);
  return 'gap' in vantage ? vantage : { ...vantage, values: { ...opened.values, ...vantage.values } };
}

type Found = { readonly results: readonly CheckResult[]; readonly found: readonly Evidence[] };

async function judge(tools: Tools, target: Target, { results, found }: Found): Promise<Outcome> {
  const compared = await Promise.all(results.map((result) => withElsewhere(tools, target, result)));
  const evidence = await keepAll(tools, target, [{ of: 'checks', results: compared }, ...found]);
  const bad = compared.filter((result) => result.verdict === 'fail' || result.verdict === 'unknown');
  const [first] = bad;
  if (!first) return ok(evidence);
  const more = bad.length > 1 ? ` (and ${bad.length - 1} more)` : '';
  const subject = first.subject === undefined ? '' : ` (${first.subject})`;
  return failed(`${first.name}${subject}: ${first.saw}${more}`, {
    evidence,
    ...(first.hint ? { hint: first.hint } : {}),
  });
}

/** A failure means more next to where the same check passes. */
async function withElsewhere(tools: Tools, target: Target, result: CheckResult): Promise<CheckResult> {
  if (result.verdict === 'pass') return result;
  const earlier = await tools.evidence.elsewhere(target, result.name);
  if (earlier.length === 0) return result;
  const elsewhere = earlier.map(({ target: other, at, result: { verdict, ms } }) => ({
    environment: other.environment,
    verdict,
    ms,
    at,
  }));
  return { ...result, elsewhere };
}
