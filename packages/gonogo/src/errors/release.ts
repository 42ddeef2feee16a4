import { kind } from './catalogue.ts';

export const releaseErrors = {
  BUILD_FAILED: kind(
    1,
    (f: { command: string; why: string; tail: string }) =>
      `the build, ${f.command}, failed: ${f.why}${f.tail ? `\n${f.tail}` : ''}`,
    () => 'users stay on what serves them now; correct the build and deploy again',
  ),
  BUNDLE_EMPTY: kind(
    2,
    (f: { from: string; include: readonly string[] }) =>
      `nothing in ${f.from} matches the bundle's include list (${f.include.join(', ')})`,
    () => 'correct artifact.bundle.include, or build before you deploy',
  ),
  BUNDLE_UNSAFE: kind(
    2,
    (f: { path: string; why: string }) => `${f.path} cannot be part of a bundle: ${f.why}`,
    () => 'replace it by a plain file or leave it out with a narrower include list',
  ),
  IMAGE_UNRESOLVED: kind(
    2,
    (f: { name: string; why: string }) =>
      `the image ${f.name} is neither on this host nor can it be pulled: ${f.why}`,
    () => 'correct artifact.image.name, log in to its registry with docker login, or build it here',
  ),
  RELEASE_UNFIT: kind(
    1,
    (f: { release: string; why: string }) => `${f.release} cannot run on this host: ${f.why}`,
    () =>
      'build it on a machine of the same kind, or install what it needs; users stay on what serves them now',
  ),
  RELEASE_UNKNOWN: kind(
    2,
    (f: { release: string }) => `there is no release ${f.release} of this project`,
    () => 'see gonogo releases; build one with gonogo release',
  ),
  RELEASE_AMBIGUOUS: kind(
    2,
    (f: { release: string; found: readonly string[] }) => `${f.release} could be ${f.found.join(' or ')}`,
    () => 'write more of its digits',
  ),
  NOT_PROVEN: kind(
    1,
    (f: { release: string; from: string; environment: string }) =>
      `${f.release} is not proven in ${f.from}, and ${f.environment} takes only what is`,
    (f) => `deploy it to ${f.from}; when its watch has passed: gonogo promote ${f.from} ${f.environment}`,
  ),
  NOTHING_PROVEN: kind(
    1,
    (f: { from: string }) => `nothing is proven in ${f.from}, so there is nothing to promote`,
    (f) => `deploy to ${f.from} and let its watch pass; see gonogo status ${f.from}`,
  ),
  ARTIFACT_MISSING: kind(
    3,
    (f: { artifact: string }) => `the artifact ${f.artifact} is not on this host`,
    () => 'deploy from the project’s folder, so that it is packed and sent again',
  ),
  ARTIFACT_MISMATCH: kind(
    3,
    (f: { expected: string; actual: string }) =>
      `an artifact was sent as ${f.expected} but its bytes are ${f.actual}; it was thrown away`,
    () => 'deploy again; if it happens again, check the disk and the memory of this machine',
  ),
  ARTIFACT_CHANGED: kind(
    3,
    (f: { artifact: string; path: string; why: string }) =>
      `the artifact ${f.artifact} is not what was unpacked: ${f.path}: ${f.why}`,
    () =>
      'find out who wrote to it; then deploy from the project’s folder, so that it is sent again; what was served is still served',
  ),
  REVISION_MISSING: kind(
    3,
    (f: { revision: string; path: string }) =>
      `there is nothing about the revision ${f.revision} at ${f.path}`,
    () => 'deploy its release again, so that its manifest and its values are stored again',
  ),
  ARTIFACT_INCOMPLETE: kind(
    3,
    (f: { artifact: string; why: string }) => `the artifact ${f.artifact} did not arrive whole: ${f.why}`,
    () => 'deploy again; nothing of it was kept',
  ),
  DISK_FULL: kind(
    3,
    (f: { path: string }) => `the disk is full at ${f.path}`,
    () => 'make room and try again; what was served is still served',
  ),
};
