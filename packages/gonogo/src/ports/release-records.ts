import type { ReleaseRecord } from '../domain/release-record.ts';
import type { Instant } from '../domain/units.ts';

/** When somebody told of a release, and its packages as CycloneDX, in JSON. */
export type Told = { readonly at: Instant; readonly packages: string };

/** What is known of the releases that were built, by project and digest. */
export interface ReleaseRecords {
  /** Replaces what was known of this release. */
  put(record: ReleaseRecord, told: Told): Promise<void>;
  find(project: string, digest: string): Promise<ReleaseRecord | undefined>;
  /** Of one project, or of all; what was told of last comes first. */
  list(project?: string): Promise<ReleaseRecord[]>;
  packages(project: string, digest: string): Promise<string | undefined>;
  forget(project: string, digest: string): Promise<void>;
}
