import type { CheckResult } from '../domain/check.ts';
import type { EvidenceRef } from '../domain/plan.ts';
import { type Manifest, releaseName } from '../domain/release.ts';
import type { Revision, Values } from '../domain/revision.ts';
import type { Replicas } from '../domain/scaling.ts';
import { secretsOf } from '../domain/secrets.ts';
import { type PoolId, poolKey } from '../domain/slot.ts';
import type { Target } from '../domain/target.ts';
import { problem } from '../errors.ts';
import type { Checks, ContractSuites } from '../ports/checks.ts';
import type { Clock } from '../ports/clock.ts';
import type { Evidence, EvidenceStore } from '../ports/evidence.ts';
import type { Artifacts, Revisions } from '../ports/revisions.ts';
import type { Member, Router } from '../ports/router.ts';
import type { ObservedInstance, ObservedPool, PoolSpec, Runtime } from '../ports/runtime.ts';
import type { Vault } from '../ports/vault.ts';

/** What the steps act with: ports, and nothing else of the world. */
export type Tools = {
  readonly runtime: Runtime;
  readonly router: Router;
  readonly checks: Checks;
  readonly suites: ContractSuites;
  readonly redact: (text: string, secrets: readonly string[]) => string;
  readonly evidence: EvidenceStore;
  readonly vault: Vault;
  readonly revisions: Revisions;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  /** Told of every check's result as it comes in, with the key of the work it belongs to. */
  readonly onCheck: (key: string, result: CheckResult) => void;
};

/** A revision with what is needed to run it; `secrets` are the texts that must not leave. */
export type Opened = {
  readonly revision: Revision;
  readonly values: Values;
  readonly secrets: readonly string[];
};

export async function openRevision(tools: Tools, id: string): Promise<Opened> {
  const revision = await tools.revisions.open(id);
  const values = await tools.vault.open(id);
  return { revision, values, secrets: secretsOf(values, revision.release.manifest.contract) };
}

/** What a pool of this revision shall be. */
export async function poolSpec(
  tools: Pick<Tools, 'artifacts'>,
  opened: Omit<Opened, 'secrets'>,
  { pool, count }: { readonly pool: PoolId; readonly count: number },
): Promise<PoolSpec> {
  const { release, id, address } = opened.revision;
  return {
    pool,
    revision: id,
    releaseDigest: release.digest,
    count,
    artifact: await tools.artifacts.locate(release.artifact),
    manifest: withCommand(release.manifest, commandOf(release.manifest, pool.role)),
    values: opened.values,
    address,
  };
}

export const memberOf = ({ id, host, port }: ObservedInstance): Member => ({ instance: id, host, port });

/** What an instance of a revision says it is, `shop@9f3c2a1`. */
export const releaseOf = ({ release }: Revision): string =>
  releaseName(release.manifest.service, release.digest);

/** What an instance of a role runs. */
function commandOf({ run }: Manifest, role: string): readonly string[] {
  const command = role === 'web' ? run.command : run.workers?.[role]?.command;
  if (!command) throw problem('INTERNAL', { what: `the release has no role ${role}` });
  return command;
}

export const withCommand = (manifest: Manifest, command: readonly string[]): Manifest => ({
  ...manifest,
  run: { ...manifest.run, command },
});

/** How many instances of a role run in this revision. */
export const replicasOf = ({ replicas, release }: Revision, role: string): Replicas =>
  role === 'web' ? replicas : (release.manifest.run.workers?.[role]?.replicas ?? 0);

/** The pool as it is in the world; undefined when there is none. */
export async function observePool(
  tools: Pick<Tools, 'runtime'>,
  id: PoolId,
): Promise<ObservedPool | undefined> {
  const pools = await tools.runtime.observe(id.target);
  return pools.find((observed) => poolKey(observed.pool) === poolKey(id));
}

export const keepEvidence = async (tools: Tools, target: Target, evidence: Evidence): Promise<EvidenceRef> =>
  await tools.evidence.put(target, evidence);

export const keepAll = async (
  tools: Tools,
  target: Target,
  evidence: readonly Evidence[],
): Promise<EvidenceRef[]> => await Promise.all(evidence.map((one) => keepEvidence(tools, target, one)));

/** The last lines a pool has printed, secrets removed; kept as evidence before a pool is stopped. */
export async function lastLines(tools: Tools, pool: PoolId, secrets: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const options = { lines: 40, follow: false, signal: AbortSignal.timeout(2_000) };
  for await (const line of tools.runtime.logs(pool, options)) lines.push(tools.redact(line.text, secrets));
  return lines;
}
