import { randomInt } from 'node:crypto';
import type { Assembly } from '../assemble.ts';
import { releaseName } from '../domain/release.ts';
import type { Revision, Values } from '../domain/revision.ts';
import { type Proven, provenAs, rollbackTarget, type State } from '../domain/state.ts';
import type { Target } from '../domain/target.ts';
import { problem } from '../errors.ts';
import { canonicalJson } from '../system/digest.ts';
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

/** Stores what is to be deployed, values in the vault, and says what is wished for. Fails with ARTIFACT_MISSING or
 * ARTIFACT_CHANGED. */
export async function wishToDeploy(assembly: Assembly, state: State, input: DeployInput): Promise<Wish> {
  await assembly.artifacts.verify(input.release.artifact);
  const { wish, values } = await wishAndValues(assembly, state, input);
  await keep(assembly, wish, values);
  return wish;
}

/** What a deploy wishes for; nothing is stored. */
export const wishFor = async (assembly: Assembly, state: State, input: DeployInput): Promise<Wish> =>
  (await wishAndValues(assembly, state, input)).wish;

type Wished = { readonly wish: Wish; readonly values: Values };

async function wishAndValues(assembly: Assembly, state: State, input: DeployInput): Promise<Wished> {
  const { release, spec, by } = input;
  const values =
    input.values === 'current' ? await currentValues(assembly, state, input.environment) : input.values;
  const replicas = input.replicas ?? release.manifest.run.replicas;
  const revision = await revisionOf(assembly, { release, replicas, address: spec.address }, values);
  const target = targetOf(input);
  return { wish: { id: rolloutId(target), kind: 'deploy', target, settings: spec, revision, by }, values };
}

/** The values of what serves now; fails with NOTHING_LIVE. */
async function currentValues(assembly: Assembly, { live }: State, environment: string): Promise<Values> {
  if (!live) throw problem('NOTHING_LIVE', { environment });
  return await assembly.stores.vault.open(live.revision);
}

/** A release in values: its name tells nothing of them, but equal values have the same. */
async function revisionOf(assembly: Assembly, rest: Omit<Revision, 'id'>, values: Values): Promise<Revision> {
  const snapshot = {
    ...values,
    'gonogo replicas': canonicalJson(rest.replicas),
    'gonogo address': rest.address,
  };
  const signature = await assembly.stores.vault.sign(snapshot);
  const digest = rest.release.digest.replace('sha256:', '');
  return { id: `${digest.slice(0, 12)}.${signature.slice(0, 8)}`, ...rest };
}

async function keep(assembly: Assembly, { revision }: Wish, values: Values): Promise<void> {
  await assembly.stores.vault.put(revision.id, values);
  await assembly.stores.revisions.put(revision);
}

/** Names the proven revision to go back to; fails with NOT_DEPLOYED, NOTHING_TO_ROLL_BACK or NEVER_PROVEN. */
export async function wishToRollBack(assembly: Assembly, state: State, input: RollbackInput): Promise<Wish> {
  const { rollout } = state;
  if (!rollout) throw problem('NOT_DEPLOYED', { environment: input.environment });
  const { target } = rollout.spec;
  // What a rollout asked for that did not succeed may be the very reason why somebody wants to go back.
  const settings = state.settings ?? rollout.spec.settings;
  const to = goalOf(state, target, input);
  const proven = await assembly.stores.revisions.open(to.revision);
  // One that is warm runs already; one that is started again is started from files that are what they were.
  if (state.warm?.revision !== proven.id) await assembly.artifacts.verify(proven.release.artifact);
  const wish = { id: rolloutId(target), kind: 'rollback', target, settings, by: input.by } as const;
  if (input.values === undefined) return { ...wish, revision: proven };
  const { id: _, ...rest } = proven;
  const values = await currentValues(assembly, state, input.environment);
  const revision = await revisionOf(assembly, rest, values);
  await keep(assembly, { ...wish, revision }, values);
  return { ...wish, revision };
}

/** What is gone back to; a name is a revision, `shop@9f3c2a1`, or the digits after the `@`. */
function goalOf(
  state: State,
  { service, environment }: Target,
  { to: name, values }: Pick<RollbackInput, 'to' | 'values'>,
): Proven {
  if (name === undefined) {
    const last = rollbackTarget(state, values);
    if (!last) throw problem('NOTHING_TO_ROLL_BACK', { environment });
    return last;
  }
  const named = provenAs(state, ({ revision, releaseDigest }) => {
    const release = releaseName(service, releaseDigest);
    return [revision, releaseDigest, release, release.slice(service.length + 1)].includes(name);
  });
  if (!named) throw problem('NEVER_PROVEN', { name, environment });
  return named;
}

/** A name that people can say, and that is never used twice: `shop-production-k3v9qa2x`. */
function rolloutId({ service, environment }: Target): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const random = Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join('');
  return `${service}-${environment}-${random}`;
}
