import { join } from 'node:path';
import type { Client } from '../../api/client.ts';
import type { Project, Service } from '../../config/project.ts';
import type { Release } from '../../domain/release.ts';
import { isProblem } from '../../errors.ts';
import { type Bundle, packBundle } from '../../releases/bundle.ts';
import { makeRelease } from '../../releases/release.ts';
import { sendBundle } from '../../releases/send.ts';
import { stateRoot, whoAsks } from '../context.ts';

/** A release that was built here; absent parts are those that it has not. */
export type BuiltRelease = {
  readonly release: Release;
  readonly size: { readonly entries: number; readonly bytes: number };
  readonly bundle?: Bundle;
};

export type Building = { readonly signal: AbortSignal; readonly onOutput: (text: string) => void };

/** Builds what `artifact:` says. Nothing is changed yet anywhere but in the project's folder and in Docker. */
export async function buildRelease(
  project: Project,
  { artifact, manifest }: Service,
  { signal, onOutput }: Building,
): Promise<BuiltRelease> {
  if ('image' in artifact) {
    const { resolveImage } = await import('../../releases/image.ts');
    const { bytes, ...image } = await resolveImage(artifact.image, { signal, onOutput });
    return { release: makeRelease(manifest, image), size: { entries: 1, bytes } };
  }
  const cache = join(stateRoot(), 'digests', `${project.id}.json`);
  const bundle = await packBundle({ ...artifact.bundle, cache, never: [stateRoot()], signal, onOutput });
  const release = makeRelease(manifest, { kind: 'bundle', digest: bundle.digest });
  return { release, size: { entries: bundle.entries.length, bytes: bundle.bytes }, bundle };
}

export type Keeping = {
  readonly project: Project;
  readonly service: Service;
  readonly built: BuiltRelease;
  /** It is deployed next, so it must not be forgotten before. */
  readonly hold: boolean;
};

/** Sends the artifact, unless the agent has it, and tells it where the release came from, unless it knows. */
export async function keepRelease(agent: Client, { project, service, built, hold }: Keeping): Promise<void> {
  const { bundle, release, size } = built;
  if (bundle && !(await agent.hasArtifact(bundle.digest))) {
    const lacking = await agent.lackingContents(bundle.digest, bundle.index);
    await agent.putArtifact(bundle.digest, sendBundle(bundle, lacking));
  }
  const { artifact } = release;
  if (artifact.kind === 'image' && !(await agent.hasImage(artifact.digest))) {
    const { sendImage } = await import('../../releases/image.ts');
    await agent.putImage(artifact.digest, sendImage(artifact.digest));
  }
  const known = await knownRecord(agent, project.id, release.digest);
  if (known)
    return void (await agent.recordRelease({ record: { ...known, keep: service.keep }, packages: '', hold }));
  const { describeRelease } = await import('../../releases/describe.ts');
  const about = {
    project: project.id,
    release,
    size,
    keep: service.keep,
    builtAt: Date.now(),
    builtBy: whoAsks(),
  };
  const folder = folderOf(service, project);
  await agent.recordRelease({
    ...(await describeRelease({ ...about, folder, ...(bundle && { bundle }) })),
    hold,
  });
}

async function knownRecord(agent: Client, project: string, digest: string) {
  try {
    return (await agent.release({ project, wanted: { name: digest } })).record;
  } catch (error) {
    if (isProblem(error, 'RELEASE_UNKNOWN')) return undefined;
    throw error;
  }
}

/** Where its source is looked for. */
function folderOf({ artifact }: Service, { folder }: Project): string {
  if ('bundle' in artifact) return artifact.bundle.from;
  return 'context' in artifact.image ? artifact.image.context : folder;
}
