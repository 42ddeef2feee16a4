import type { Revision } from '../domain/revision.ts';

/** The revisions that were ever deployed, with the manifest each was deployed with. */
export interface Revisions {
  put(revision: Revision): Promise<void>;
  open(id: string): Promise<Revision>;
}

/** Unpacked artifacts by digest. */
export interface Artifacts {
  /** The folder of an unpacked artifact; fails with ARTIFACT_MISSING. */
  folder(artifact: string): Promise<string>;
}
