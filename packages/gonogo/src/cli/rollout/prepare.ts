import { join } from 'node:path';
import type { Client } from '../../api/client.ts';
import { resolveValues } from '../../config/values.ts';
import type { Release } from '../../domain/release.ts';
import type { Values } from '../../domain/revision.ts';
import { problem } from '../../errors.ts';
import { type Bundle, packBundle } from '../../releases/bundle.ts';
import { makeRelease } from '../../releases/release.ts';
import { sendBundle } from '../../releases/send.ts';
import type { DeployInput } from '../../wire/api.ts';
import { type Place, stateRoot, whoAsks } from '../context.ts';

export type Prepared = {
  readonly release: Release;
  readonly bundle: Bundle;
  /** `current`: the agent takes those of what serves. */
  readonly values: Values | 'current';
  readonly planId?: string;
};

export type Preparing = {
  readonly signal: AbortSignal;
  readonly onOutput: (text: string) => void;
  readonly env?: 'current';
};

/** Resolves the environment's values, then builds and packs. Nothing is changed yet anywhere. */
export async function prepare(place: Place, { signal, onOutput, env }: Preparing): Promise<Prepared> {
  const values = env ?? (await valuesOf(place));
  const { artifact, manifest } = place.service;
  if ('image' in artifact) throw problem('INTERNAL', { what: 'an image was to be packed as a bundle' });
  const cache = join(stateRoot(), 'digests', `${place.project.id}.json`);
  const bundle = await packBundle({ ...artifact.bundle, cache, never: [stateRoot()], signal, onOutput });
  return { release: makeRelease(manifest, { kind: 'bundle', digest: bundle.digest }), bundle, values };
}

async function valuesOf({ project, service, environment }: Place): Promise<Values> {
  const from = { contract: service.manifest.contract, shell: process.env, folder: project.folder };
  const { values, problems } = await resolveValues(environment, from);
  if (problems.length > 0) throw new AggregateError(problems);
  return values;
}

/** Sends the artifact, unless the agent has it, and starts the rollout; answers its id. */
export async function startDeploy(agent: Client, place: Place, prepared: Prepared): Promise<string> {
  const { release, bundle } = prepared;
  if (!(await agent.hasArtifact(release.artifact.digest))) {
    const lacking = await agent.lackingContents(bundle.digest, bundle.index);
    await agent.putArtifact(bundle.digest, sendBundle(bundle, lacking));
  }
  const { rollout } = await agent.deploy(deployInput(place, prepared));
  return rollout;
}

/** What the agent is sent to deploy, or to plan, what was prepared. */
export const deployInput = (
  { project, service, environment, name }: Place,
  { release, values, planId }: Prepared,
): DeployInput => ({
  project: project.id,
  service: service.name,
  environment: name,
  spec: environment.spec,
  release,
  values,
  ...(planId === undefined ? {} : { planId }),
  ...(environment.replicas === undefined ? {} : { replicas: environment.replicas }),
  by: whoAsks(),
});
