import type { Artifact, Manifest, Release } from '../domain/release.ts';
import { canonicalJson, sha256 } from '../system/digest.ts';

/** A release's identity covers both what runs and how: its digest is over the artifact's digest and the manifest. */
export function makeRelease(manifest: Manifest, artifact: Artifact): Release {
  return { digest: sha256(canonicalJson({ artifact: artifact.digest, manifest })), artifact, manifest };
}
