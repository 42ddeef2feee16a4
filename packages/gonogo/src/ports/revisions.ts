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
  /** Reads every byte of it; fails with ARTIFACT_CHANGED when one is another, or with ARTIFACT_MISSING. */
  verify(artifact: Artifact): Promise<void>;
  /** Looks whether anything was written to what lies at a place, without reading it; fails with ARTIFACT_CHANGED. */
  inspect(place: string): Promise<void>;
}

/** Where artifacts come in, and go. */
export interface ArtifactUploads {
  has(digest: string): Promise<boolean>;
  /** The contents of a bundle that are not here, by its index; fails with ARTIFACT_MISMATCH or BUNDLE_UNSAFE. */
  lacking(digest: string, index: string): Promise<readonly string[]>;
  /** Takes what was lacking and unpacks it once; fails with ARTIFACT_MISMATCH when it is not what the digest says. */
  put(digest: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
}

/** The images that are in the engine of this host, by their ids. */
export interface ImageShelf {
  has(id: string): Promise<boolean>;
  /** Takes what `docker save` writes; fails with IMAGE_MISMATCH when it is another image. */
  put(id: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** Gives it a name of ours: what has no name goes when somebody cleans up. */
  keep(id: string, service: string): Promise<void>;
  /** Takes the names of ours away; the engine removes what has no other name and is in no container. */
  drop(id: string): Promise<void>;
}

/** What is kept of bundles. */
export interface ArtifactShelf {
  /** The bundles that are here. */
  list(): Promise<string[]>;
  /** What a bundle's files take, by content; contents that several bundles have lie on the disk once. */
  contents(digest: string): Promise<ReadonlyMap<string, number>>;
  /** Removes bundles, and the contents that no other one has; those that are not here are removed already. */
  remove(digests: readonly string[]): Promise<void>;
}
