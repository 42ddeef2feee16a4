import type { Assembly } from '../assemble.ts';
import { releaseName } from '../domain/release.ts';
import { problem } from '../errors.ts';
import type { DeployInput } from '../wire/api.ts';
import type { Environments } from './environments.ts';

/**
 * Whether a release may come to an environment at all, asked before anything is stored. Fails with NOT_PROVEN when it
 * must be proven elsewhere first and is not, and with RELEASE_UNFIT when this host cannot run it.
 */
export async function admit(
  assembly: Assembly,
  environments: Environments,
  input: DeployInput,
): Promise<void> {
  await refuseUnproven(environments, input);
  await refuseUnfit(assembly, input);
}

/** Fails with NOT_PROVEN. */
export async function refuseUnproven(environments: Environments, input: DeployInput): Promise<void> {
  const { project, environment, release, spec } = input;
  if (spec.from === undefined) return;
  const from = await environments.named(project, spec.from);
  const proven = from?.state.proven ?? [];
  if (proven.some((one) => one.releaseDigest === release.digest && !one.withdrawn)) return;
  const name = releaseName(input.service, release.digest);
  throw problem('NOT_PROVEN', { release: name, from: spec.from, environment });
}

async function refuseUnfit(assembly: Assembly, input: DeployInput): Promise<void> {
  const { project, release, values } = input;
  const record = await assembly.stores.releases.find(project, release.digest);
  if (!record || release.artifact.kind !== 'bundle') return;
  const folder = await assembly.artifacts.locate(release.artifact);
  const { command } = release.manifest.run;
  const host = await assembly.fit.hostOf({ command, folder, values: values === 'current' ? {} : values });
  const why = await assembly.fit.whyUnfit(record.needs, host);
  if (why === undefined) return;
  throw problem('RELEASE_UNFIT', { release: releaseName(input.service, release.digest), why });
}
