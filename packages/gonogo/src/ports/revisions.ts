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

/** Where artifacts come in. */
export interface ArtifactUploads {
  has(artifact: string): Promise<boolean>;
  /** Unpacks the packed bytes once; fails with ARTIFACT_MISMATCH when they are not what the digest says. */
  put(artifact: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
}
