import type { ReleaseRecord } from '../../domain/release-record.ts';
import type { ReleaseRecords } from '../../ports/release-records.ts';
import type { Thread } from './thread.ts';

/** The records of releases in SQLite. */
export const sqliteReleases = (thread: Thread): ReleaseRecords => ({
  put: (record, { at, packages }) =>
    thread.call('putRelease', {
      project: record.project,
      digest: record.release.digest,
      at,
      json: JSON.stringify(record),
      packages,
    }),
  find: async (project, digest) => {
    const json = await thread.call('findRelease', { project, digest });
    return json === undefined ? undefined : (JSON.parse(json) as ReleaseRecord);
  },
  list: async (project) =>
    JSON.parse(
      await thread.call('listReleases', project === undefined ? {} : { project }),
    ) as ReleaseRecord[],
  packages: (project, digest) => thread.call('releasePackages', { project, digest }),
  forget: (project, digest) => thread.call('forgetRelease', { project, digest }),
});
