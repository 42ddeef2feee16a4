import { randomInt } from 'node:crypto';
import type { Assembly } from '../assemble.ts';
import { releaseName } from '../domain/release.ts';
import type { Revision } from '../domain/revision.ts';
import { type Proven, rollbackTarget, type State } from '../domain/state.ts';
import type { Target } from '../domain/target.ts';
import { problem } from '../errors.ts';
import type { DeployInput, RollbackInput } from '../wire/api.ts';

type Wish = Parameters<Assembly['plan']>[1];

/** Everything on this machine; other hosts come by a later way. */
const host = 'local';

export const targetOf = ({ project, service, environment }: DeployInput): Target => ({
  project,
  service,
  environment,
  host,
});

/** Stores what is to be deployed, values in the vault, and says what is wished for. Fails with ARTIFACT_MISSING or ARTIFACT_CHANGED. */
export async function wishToDeploy(assembly: Assembly, input: DeployInput): Promise<Wish> {
  await assembly.artifacts.verify(input.release.artifact);
  const wish = await wishFor(assembly, input);
  await assembly.stores.vault.put(wish.revision.id, input.values);
  await assembly.stores.revisions.put(wish.revision);
  return wish;
}

/** What a deploy wishes for; nothing is stored. */
export async function wishFor(assembly: Assembly, input: DeployInput): Promise<Wish> {
  const { release, values, spec, by } = input;
  const replicas = input.replicas ?? release.manifest.run.replicas;
  const snapshot = { ...values, 'gonogo replicas': String(replicas), 'gonogo address': spec.address };
  const signature = await assembly.stores.vault.sign(snapshot);
  const digest = release.digest.replace('sha256:', '');
  const revision: Revision = {
    id: `${digest.slice(0, 12)}.${signature.slice(0, 8)}`,
    release,
    replicas,
    address: spec.address,
  };
  const target = targetOf(input);
  return { id: rolloutId(target), kind: 'deploy', target, settings: spec, revision, by };
}

/** Names the proven revision to go back to; fails with NOT_DEPLOYED or NOTHING_TO_ROLL_BACK. */
export async function wishToRollBack(assembly: Assembly, state: State, input: RollbackInput): Promise<Wish> {
  const { rollout } = state;
  if (!rollout) throw problem('NOT_DEPLOYED', { environment: input.environment });
  const { target, settings } = rollout.spec;
  const to = input.to === undefined ? rollbackTarget(state) : named(state, target.service, input.to);
  if (!to) throw problem('NOTHING_TO_ROLL_BACK', { environment: input.environment });
  const revision = await assembly.stores.revisions.open(to.revision);
  // One that is warm runs already; one that is started again is started from files that are what they were.
  if (state.warm?.revision !== revision.id) await assembly.artifacts.verify(revision.release.artifact);
  return { id: rolloutId(target), kind: 'rollback', target, settings, revision, by: input.by };
}

/** By revision, by `shop@9f3c2a1`, or by the digits after the `@`. */
const named = (state: State, service: string, name: string): Proven | undefined =>
  state.proven.findLast(({ revision, releaseDigest }) => {
    const release = releaseName(service, releaseDigest);
    return [revision, releaseDigest, release, release.slice(service.length + 1)].includes(name);
  });

/** A name that people can say, and that is never used twice: `shop-production-k3v9qa2x`. */
function rolloutId({ service, environment }: Target): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const random = Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join('');
  return `${service}-${environment}-${random}`;
}
