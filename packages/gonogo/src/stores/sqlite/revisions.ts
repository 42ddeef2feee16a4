import type { Artifact, Release } from '../../domain/release.ts';
import type { Revision } from '../../domain/revision.ts';
import { problem } from '../../errors.ts';
import type { Revisions } from '../../ports/revisions.ts';
import type { Thread } from './thread.ts';

/** The revisions in SQLite; `open` fails with REVISION_MISSING. */
export const sqliteRevisions = (thread: Thread, path: string): Revisions => ({
  put: (revision) => thread.call('putRevision', { id: revision.id, json: JSON.stringify(revision) }),
  open: async (id) => {
    const json = await thread.call('openRevision', { id });
    if (json === undefined) throw problem('REVISION_MISSING', { revision: id, path });
    return current(JSON.parse(json) as StoredRevision);
  },
});

/** Revisions were stored with a bundle's digest alone before there were images. */
type StoredRevision = Omit<Revision, 'release'> & {
  readonly release: Omit<Release, 'artifact'> & { readonly artifact: Artifact | string };
};

function current({ release, ...revision }: StoredRevision): Revision {
  const { artifact } = release;
  const known: Artifact = typeof artifact === 'string' ? { kind: 'bundle', digest: artifact } : artifact;
  return { ...revision, release: { ...release, artifact: known } };
}
