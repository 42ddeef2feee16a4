import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureAgent } from '../../../packages/gonogo/src/api/autostart.ts';
import type { RolloutDetail } from '../../../packages/gonogo/src/api/contract.ts';
import { loadConfig } from '../../../packages/gonogo/src/config/load.ts';
import { makeRelease } from '../../../packages/gonogo/src/releases/release.ts';
import type { Sandbox } from './sandbox.ts';

/** A sandbox whose commands know where the engine is. */
export const dockerSandbox = (sandbox: Sandbox): Sandbox => ({
  ...sandbox,
  run: (args, options) =>
    sandbox.run(args, { ...options, env: { ...options?.env, DOCKER_HOST: process.env.DOCKER_HOST ?? '' } }),
});

export type ImageDeploy = {
  readonly environment: string;
  /** The image's id. */
  readonly image: string;
  readonly values?: Readonly<Record<string, string>>;
};

/** Deploys an image by its id as the sandbox's gonogo.yaml says, and answers how that went once it has ended. */
export async function deployImage(sandbox: Sandbox, wish: ImageDeploy): Promise<RolloutDetail> {
  const { id: project, services } = await loadConfig(join(sandbox.folder, 'gonogo.yaml'));
  const [service] = services;
  const environment = service?.environments[wish.environment];
  if (!service || !environment) throw new Error(`there is no environment ${wish.environment}`);
  const agent = await ensureAgent(sandbox.state.root);
  const { rollout } = await agent.deploy({
    project,
    service: service.name,
    environment: wish.environment,
    spec: environment.spec,
    release: makeRelease(service.manifest, { kind: 'image', digest: wish.image }),
    values: wish.values ?? {},
    by: 'a test',
  });
  for await (const progress of agent.follow(rollout, new AbortController().signal)) void progress;
  return await agent.rollout({ id: rollout });
}

/** Writes a gonogo.yaml for an image; `more` are further lines at the top level. */
export const writeImageConfig = (sandbox: Sandbox, more: string): Promise<void> =>
  writeFile(
    join(sandbox.folder, 'gonogo.yaml'),
    `service: site\nartifact: { image: { name: gonogo-test } }\n${more}\n`,
  );
