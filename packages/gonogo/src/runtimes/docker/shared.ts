import { chown } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { PoolSpec } from '../../ports/runtime.ts';
import { makePrivateFolder } from '../../system/files.ts';
import { sharedPaths } from '../shared.ts';
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
    const folder = join(root, project, service, environment, host, path);
    await makePrivateFolder(folder);
    const [uid, gid] = (spec.manifest.run.user ?? image.user).split(':').map(Number);
    if (uid && process.getuid?.() === 0) await chown(folder, uid, gid || uid);
    folders.set(folder, posix.join(image.folder, path));
  }
  return folders;
}
