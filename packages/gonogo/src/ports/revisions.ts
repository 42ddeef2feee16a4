import type { Artifact } from '../domain/release.ts';
import type { Revision } from '../domain/revision.ts';

/** The revisions that were ever deployed, with the manifest each was deployed with. */
export interface Revisions {
  put(revision: Revision): Promise<void>;
  open(id: string): Promise<Revision>;
}

/** The artifacts that are on this host. */
export interface Artifacts {
  /** Where an artifact lies: a bundle's unpacked folder, an image's id. Fails with ARTIFACT_MISSING. */
  locate(artifact: Artifact): Promise<string>;
}

/** Where artifacts come in. */
export interface ArtifactUploads {
  has(artifact: string): Promise<boolean>;
  /** Unpacks the packed bytes once; fails with ARTIFACT_MISMATCH when they are not what the digest says. */
  put(artifact: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
}
