import type { Client } from '../../packages/gonogo/src/api/client.ts';
import { loadConfig } from '../../packages/gonogo/src/config/load.ts';
import { packBundle } from '../../packages/gonogo/src/releases/bundle.ts';
import { makeRelease } from '../../packages/gonogo/src/releases/release.ts';
import { sendBundle } from '../../packages/gonogo/src/releases/send.ts';
import { valuesOf } from '../e2e/model/real.ts';
import type { Wish } from '../e2e/model/wish.ts';
import type { Sandbox } from '../e2e/support/sandbox.ts';

/** Packs what is written in the sandbox and starts its rollout, as the command line does; answers the rollout. */
export async function startDeploy(agent: Client, sandbox: Sandbox, { colour }: Wish): Promise<string> {
  const { id, services } = await loadConfig(sandbox.folder);
  const [service] = services;
  const environment = service?.environments.production;
  if (!service || !environment) throw new Error('the project has no environment production');
  if (!('bundle' in service.artifact)) throw new Error('the project has no bundle');
  const bundle = await packBundle(service.artifact.bundle);
  const { digest, index } = bundle;
  if (!(await agent.hasArtifact(digest)))
    await agent.putArtifact(digest, sendBundle(bundle, await agent.lackingContents(digest, index)));
  const { rollout } = await agent.deploy({
    project: id,
    service: service.name,
    environment: 'production',
    spec: environment.spec,
    release: makeRelease(service.manifest, { kind: 'bundle', digest }),
    values: valuesOf(sandbox, colour),
    ...(environment.replicas === undefined ? {} : { replicas: environment.replicas }),
    by: 'soak',
  });
  return rollout;
}
