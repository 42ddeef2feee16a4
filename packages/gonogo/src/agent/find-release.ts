import type { Assembly } from '../assemble.ts';
import { type Release, releaseName } from '../domain/release.ts';
import type { ReleaseRecord } from '../domain/release-record.ts';
import type { Proven } from '../domain/state.ts';
import { problem } from '../errors.ts';
import type { ReleaseInput } from '../wire/api.ts';
import type { Environment } from './environment.ts';
import type { Environments } from './environments.ts';

export type FoundRelease = { readonly release: Release; readonly record?: ReleaseRecord };

/** Fails with RELEASE_UNKNOWN, RELEASE_AMBIGUOUS or NOTHING_PROVEN. */
export async function findRelease(
  assembly: Assembly,
  environments: Environments,
  { project, wanted }: ReleaseInput,
): Promise<FoundRelease> {
  if ('name' in wanted) return await byName(assembly, project, wanted.name);
  const environment = await environments.named(project, wanted.provenIn);
  const proven = environment && provenNow(environment);
  if (!proven) throw problem('NOTHING_PROVEN', { from: wanted.provenIn });
  const record = await assembly.stores.releases.find(project, proven.releaseDigest);
  if (record) return { release: record.release, record };
  return { release: (await assembly.stores.revisions.open(proven.revision)).release };
}

/** What serves, when it is proven; else, while something new is being watched, what was proven last. */
function provenNow({ state }: Environment): Proven | undefined {
  const proven = state.proven.filter(({ withdrawn }) => !withdrawn);
  return proven.findLast(({ revision }) => revision === state.live?.revision) ?? proven.at(-1);
}

async function byName(assembly: Assembly, project: string, name: string): Promise<FoundRelease> {
  const records = await assembly.stores.releases.list(project);
  const found = records.filter(({ release }) => isNamed(release, name));
  const [record, ...others] = found;
  if (!record) throw problem('RELEASE_UNKNOWN', { release: name });
  if (others.length === 0) return { release: record.release, record };
  const digits = ({ release }: ReleaseRecord): string => release.digest.slice('sha256:'.length, 23);
  throw problem('RELEASE_AMBIGUOUS', { release: name, found: found.map(digits) });
}

/** By its digest, by `shop@9f3c2a1`, or by the digits after the `@`: at least seven, or all. */
function isNamed({ digest, manifest }: Release, name: string): boolean {
  if (name === digest || name === releaseName(manifest.service, digest)) return true;
  const digits = /^(?:[a-z0-9-]+@)?([0-9a-f]{7,64})$/.exec(name)?.[1];
  const isOfService = !name.includes('@') || name.startsWith(`${manifest.service}@`);
  return digits !== undefined && isOfService && digest.startsWith(`sha256:${digits}`);
}
