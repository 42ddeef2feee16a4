import type { Assembly } from '../assemble.ts';
import type { Artifact } from '../domain/release.ts';
import type { ReleaseRecord } from '../domain/release-record.ts';
import { type Shelved, surplus } from '../domain/retention.ts';
import type { State } from '../domain/state.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../system/log.ts';
import { Mutex } from '../system/mutex.ts';
import type { Environments } from './environments.ts';

export type Retention = {
  /** Keeps a release that is about to be deployed: until `letGo`, or for ten minutes. */
  hold(digest: string): void;
  letGo(digest: string): void;
  /** Removes bundles that nobody knows of, such as a command leaves that was killed; nothing may come in meanwhile. */
  removeOrphans(): Promise<void>;
  /** Forgets what is kept too long. What fails is logged: nobody's deploy fails for it. */
  prune(): Promise<void>;
};

/** How long a deploy may take from its release to its rollout, in milliseconds. */
const patience = 600_000;
/** Values that are younger may belong to a deploy that has not begun yet, in milliseconds. */
const grace = 3_600_000;

/** Keeps every release that is live or proven, or that a rollout needs, and of the others what there is room for. */
export function openRetention(assembly: Assembly, environments: Environments, log: Logger): Retention {
  const turn = new Mutex();
  const held = new Map<string, number>();
  const prune = async (): Promise<void> => {
    const states = await knownStates(assembly, environments);
    if (!states) return;
    const since = assembly.clock.mono() - patience;
    for (const [digest, at] of held) if (at < since) held.delete(digest);
    await forgetReleases(assembly, states, new Set(held.keys()));
    await forgetValues(assembly, states);
  };
  const quietly = (work: () => Promise<void>): Promise<void> =>
    turn.run(() =>
      work().catch((error: unknown) =>
        log.error('what is not needed any more could not be removed', { why: messageOf(error) }),
      ),
    );
  return {
    hold: (digest) => void held.set(digest, assembly.clock.mono()),
    letGo: (digest) => void held.delete(digest),
    prune: () => quietly(prune),
    removeOrphans: () =>
      quietly(async () => {
        const states = await knownStates(assembly, environments);
        const bundles = (await assembly.artifacts.list()).map(
          (digest) => ({ kind: 'bundle', digest }) as const,
        );
        if (states) await removeArtifacts(assembly, bundles, states);
      }),
  };
}

/** Undefined while an environment cannot be opened: what it needs is not known then. */
async function knownStates(assembly: Assembly, environments: Environments): Promise<State[] | undefined> {
  const all = await environments.all();
  const streams = await assembly.stores.journal.streams();
  return all.length < streams.length ? undefined : all.map(({ state }) => state);
}

/** Everything that an environment may still start: what serves, what it can go back to, what is being rolled out. */
const placedIn = ({ live, warm, proven, rollout }: State): { revision: string; releaseDigest: string }[] =>
  [live, warm, ...proven, rollout?.spec.next, rollout?.spec.previous].filter(
    (placed) => placed !== undefined,
  );

async function forgetReleases(
  assembly: Assembly,
  states: readonly State[],
  held: ReadonlySet<string>,
): Promise<void> {
  const { releases } = assembly.stores;
  const placed = states.flatMap(placedIn).map(({ releaseDigest }) => releaseDigest);
  const needed = new Set([...placed, ...held]);
  const byProject = Map.groupBy(await releases.list(), ({ project }) => project);
  const gone = new Set<ReleaseRecord>();
  for (const records of byProject.values()) {
    const [newest] = records;
    if (!newest) continue;
    const shelved = await shelve(assembly, records, needed);
    const surplusDigests = new Set(surplus(shelved, newest.keep));
    for (const record of records) if (surplusDigests.has(record.release.digest)) gone.add(record);
  }
  for (const { project, release } of gone) await releases.forget(project, release.digest);
  const artifacts = [...gone].map(({ release }) => release.artifact);
  await removeArtifacts(assembly, artifacts, states);
}

/** What the files of each take is looked up only when they could be too much together: an index is long. */
async function shelve(
  assembly: Assembly,
  records: readonly ReleaseRecord[],
  needed: ReadonlySet<string>,
): Promise<Shelved[]> {
  const atMost = records.reduce((sum, { size }) => sum + size.bytes, 0);
  const isMuch = atMost > (records[0]?.keep.bytes ?? 0);
  return await Promise.all(
    records.map(async (record) => ({
      digest: record.release.digest,
      needed: needed.has(record.release.digest),
      contents: isMuch ? await contentsOf(assembly, record) : new Map(),
    })),
  );
}

/** An image counts as a whole: which layers it shares only its engine knows, and that may not even run now. */
const contentsOf = async (
  assembly: Assembly,
  { release: { artifact }, size }: ReleaseRecord,
): Promise<ReadonlyMap<string, number>> =>
  artifact.kind === 'image'
    ? new Map([[artifact.digest, size.bytes]])
    : await assembly.artifacts.contents(artifact.digest);

/** The same artifact may belong to releases that stay: of another project, or with another manifest. */
async function removeArtifacts(
  assembly: Assembly,
  artifacts: readonly Artifact[],
  states: readonly State[],
): Promise<void> {
  if (artifacts.length === 0) return;
  const { releases, revisions } = assembly.stores;
  const revisionIds = new Set(states.flatMap(placedIn).map(({ revision }) => revision));
  const placed = await Promise.all([...revisionIds].map((id) => revisions.open(id)));
  const kept = new Set([...(await releases.list()), ...placed].map(({ release }) => release.artifact.digest));
  const unneeded = artifacts.filter(({ digest }) => !kept.has(digest));
  const digestsOf = (kind: Artifact['kind']): string[] =>
    unneeded.filter((artifact) => artifact.kind === kind).map(({ digest }) => digest);
  await assembly.artifacts.remove(digestsOf('bundle'));
  for (const id of digestsOf('image')) await assembly.images.drop(id);
}

/** Values of revisions that nothing can start any more; they hold secrets. */
async function forgetValues(assembly: Assembly, states: readonly State[]): Promise<void> {
  const { vault } = assembly.stores;
  const needed = new Set(states.flatMap(placedIn).map(({ revision }) => revision));
  const before = assembly.clock.wall() - grace;
  for (const { revision, at } of await vault.list())
    if (!needed.has(revision) && at < before) await vault.forget(revision);
}
