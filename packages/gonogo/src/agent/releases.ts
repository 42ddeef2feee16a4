import type { Api } from '../api/contract.ts';
import type { Assembly } from '../assemble.ts';
import { releaseName } from '../domain/release.ts';
import type { ReleaseRecord } from '../domain/release-record.ts';
import { Problem } from '../errors.ts';
import type { RecordReleaseInput, VerifyInput } from '../wire/api.ts';
import type { Environments } from './environments.ts';
import { findRelease } from './find-release.ts';
import type { Retention } from './retention.ts';
import { releaseViews } from './views/releases.ts';

type Operations = Pick<Api, 'recordRelease' | 'release' | 'releases' | 'releasePackages' | 'verifyReleases'>;

/** The operations of the API that are about releases. */
export const releaseOperations = (
  assembly: Assembly,
  environments: Environments,
  retention: Retention,
): Operations => ({
  async recordRelease(input) {
    const { digest, manifest } = input.record.release;
    if (input.hold) retention.hold(digest);
    await record(assembly, input);
    await retention.prune();
    return { release: releaseName(manifest.service, digest) };
  },
  release: async (input) => await findRelease(assembly, environments, input),
  async releases({ project }) {
    return await releaseViews(
      assembly,
      await assembly.stores.releases.list(project),
      await environments.deployed(),
    );
  },
  async releasePackages(input) {
    const { release } = await findRelease(assembly, environments, input);
    return { packages: (await assembly.stores.releases.packages(input.project, release.digest)) ?? '' };
  },
  verifyReleases: async (input) => {
    const records = await named(assembly, environments, input);
    const results = [];
    for (const { release } of records) results.push(await verified(assembly, release));
    return results;
  },
});

/** The same release built again keeps what was known of it; how much is kept is as was said last. */
async function record(assembly: Assembly, { record: built, packages }: RecordReleaseInput): Promise<void> {
  const { project, release } = built;
  await assembly.artifacts.locate(release.artifact);
  if (release.artifact.kind === 'image')
    await assembly.images.keep(release.artifact.digest, release.manifest.service);
  const { releases } = assembly.stores;
  const [known, at] = [await releases.find(project, release.digest), assembly.clock.wall()];
  if (!known) return await releases.put(built, { at, packages });
  const listed = await releases.packages(project, release.digest);
  await releases.put({ ...known, keep: built.keep }, { at, packages: listed ?? packages });
}

async function named(
  assembly: Assembly,
  environments: Environments,
  { project, names }: VerifyInput,
): Promise<Pick<ReleaseRecord, 'release'>[]> {
  if (names.length === 0) return await assembly.stores.releases.list(project);
  return await Promise.all(
    names.map((name) => findRelease(assembly, environments, { project, wanted: { name } })),
  );
}

/** What is said of one release; anything else says nothing about it. */
const damage = new Set(['ARTIFACT_CHANGED', 'ARTIFACT_MISSING', 'IMAGE_MISSING']);

async function verified(assembly: Assembly, release: ReleaseRecord['release']) {
  const name = releaseName(release.manifest.service, release.digest);
  try {
    await assembly.artifacts.verify(release.artifact);
    return { release: name, intact: true };
  } catch (error) {
    if (!(error instanceof Problem && damage.has(error.code))) throw error;
    return { release: name, intact: false, why: error.message };
  }
}
