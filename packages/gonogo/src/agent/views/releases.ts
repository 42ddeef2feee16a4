import type { ReleaseView } from '../../api/contract.ts';
import type { Assembly } from '../../assemble.ts';
import { type Artifact, type Release, releaseName } from '../../domain/release.ts';
import type { ReleaseRecord } from '../../domain/release-record.ts';
import type { State } from '../../domain/state.ts';
import type { Target } from '../../domain/target.ts';

/** An environment that something was deployed to. */
export type Deployed = { readonly target: Target; readonly state: State };

/** Releases with where each is live and proven, newest first; `deployed` are the environments of their project. */
export async function releaseViews(
  assembly: Assembly,
  records: readonly ReleaseRecord[],
  deployed: readonly Deployed[],
): Promise<ReleaseView[]> {
  return await Promise.all(
    records.map(async (record) => ({
      ...aboutRelease(record),
      ...standing(
        record.release,
        deployed.filter(({ target }) => target.project === record.project),
      ),
      here: await isHere(assembly, record.release.artifact),
    })),
  );
}

const aboutRelease = ({ release, needs: _, keep: __, ...about }: ReleaseRecord) => ({
  ...about,
  release: releaseName(release.manifest.service, release.digest),
  digest: release.digest,
  artifact: release.artifact,
});

function standing({ digest }: Release, deployed: readonly Deployed[]) {
  const where = (has: (state: State) => boolean): string[] =>
    deployed.filter(({ state }) => has(state)).map(({ target }) => target.environment);
  return {
    live: where(({ live }) => live?.releaseDigest === digest),
    warm: where(({ warm }) => warm?.releaseDigest === digest),
    proven: deployed.flatMap(({ target, state }) => {
      const proven = state.proven.findLast((one) => one.releaseDigest === digest && !one.withdrawn);
      return proven ? [{ environment: target.environment, at: proven.at }] : [];
    }),
  };
}

/** An image is looked for when it is deployed: its engine may not even run now. */
const isHere = async (assembly: Assembly, artifact: Artifact): Promise<boolean> =>
  artifact.kind === 'image' || (await assembly.artifacts.has(artifact.digest));
