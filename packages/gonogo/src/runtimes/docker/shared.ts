import { join, posix } from 'node:path';
import type { PoolSpec } from '../../ports/runtime.ts';
import { sharedPaths } from '../shared.ts';
import { makeSharedFolder } from '../shared-folder.ts';
import type { Image } from './image.ts';

/**
 * The folders that outlive releases: folder on this host → path in the container, which is relative to the image's
 * working folder. One that runs as a numeric user gets them as its own; a name is known in the image only.
 */
export async function sharedFolders(
  root: string,
  spec: PoolSpec,
  image: Image,
): Promise<Map<string, string>> {
  const { project, service, environment, host } = spec.pool.target;
  const folders = new Map<string, string>();
  for (const path of sharedPaths(spec.manifest.run.shared)) {
    const of = join(root, project, service, environment, host);
    const folder = await makeSharedFolder(of, path, ownerOf(spec, image));
    folders.set(folder, posix.join(image.folder, path));
  }
  return folders;
}

/** Undefined for root, for a name, and where this process cannot give a folder away. */
function ownerOf({ manifest: { run } }: PoolSpec, { user }: Image): { uid: number; gid: number } | undefined {
  const [uid, gid] = (run.user ?? user).split(':').map(Number);
  return uid && process.getuid?.() === 0 ? { uid, gid: gid || uid } : undefined;
}
