import type { Client } from '../../api/client.ts';
import { resolveValues } from '../../config/values.ts';
import type { Contract } from '../../domain/release.ts';
import type { Values } from '../../domain/revision.ts';
import type { DeployInput, ReleaseInput } from '../../wire/api.ts';
import { type Place, whoAsks } from '../context.ts';
import { type Building, type BuiltRelease, buildRelease, keepRelease } from './artifact.ts';

export type Prepared = {
  readonly built: BuiltRelease;
  /** False when the agent has it already, and is asked for it by its name. */
  readonly isNew: boolean;
  /** `current`: the agent takes those of what serves. */
  readonly values: Values | 'current';
  readonly planId?: string;
};

export type Preparing = Building & { readonly env?: 'current' };

/** Resolves the environment's values, then builds and packs. Nothing is changed yet anywhere. */
export async function prepare(place: Place, { env, ...building }: Preparing): Promise<Prepared> {
  const { project, service } = place;
  const values = env ?? (await valuesOf(place, service.manifest.contract));
  return { built: await buildRelease(project, service, building), isNew: true, values };
}

/** Takes a release that was built before, with its own manifest. Fails with RELEASE_UNKNOWN or NOTHING_PROVEN. */
export async function prepareKnown(
  agent: Client,
  place: Place,
  { wanted, env }: { readonly wanted: ReleaseInput['wanted']; readonly env?: 'current' | undefined },
): Promise<Prepared> {
  const { release, record } = await agent.release({ project: place.project.id, wanted });
  const values = env ?? (await valuesOf(place, release.manifest.contract));
  return { built: { release, size: record?.size ?? { entries: 0, bytes: 0 } }, isNew: false, values };
}

async function valuesOf({ project, environment }: Place, contract: Contract): Promise<Values> {
  const from = { contract, shell: process.env, folder: project.folder };
  const { values, problems } = await resolveValues(environment, from);
  if (problems.length > 0) throw new AggregateError(problems);
  return values;
}

/** Sends what the agent lacks, and starts the rollout; answers its id. */
export async function startDeploy(agent: Client, place: Place, prepared: Prepared): Promise<string> {
  if (prepared.isNew) await keepRelease(agent, { ...place, built: prepared.built, hold: true });
  const { rollout } = await agent.deploy(deployInput(place, prepared));
  return rollout;
}

/** What the agent is sent to deploy, or to plan, what was prepared. */
export const deployInput = (
  { project, service, environment, name }: Place,
  { built, values, planId }: Prepared,
): DeployInput => ({
  project: project.id,
  service: service.name,
  environment: name,
  spec: environment.spec,
  release: built.release,
  values,
  ...(planId === undefined ? {} : { planId }),
  ...(environment.replicas === undefined ? {} : { replicas: environment.replicas }),
  by: whoAsks(),
});
