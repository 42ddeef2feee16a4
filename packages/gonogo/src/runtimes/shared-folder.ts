import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../errors.ts';
import { isErrno, makePrivateFolder } from '../system/files.ts';

type Owner = { readonly uid: number; readonly gid: number };

const aFolder = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Makes a folder that outlives releases and answers where it is. A link is followed only in place of the outermost, which
 * lies in a folder of our own: an earlier release may have shared that one, and whoever runs there could have put a link
 * to anywhere into it, where the agent, which may be root, would make folders and give them away. Fails with
 * SHARED_UNSAFE.
 */
export async function makeSharedFolder(root: string, path: string, owner?: Owner): Promise<string> {
  await makePrivateFolder(root);
  const parts = path.split('/');
  let folder = await open(root, aFolder);
  try {
    for (const depth of parts.keys()) {
      // The outer ones must be passed through by another user, though it need not see what is in them.
      if (owner && depth > 0) await folder.chmod(0o711);
      const inner = await enter(folder, parts.slice(0, depth + 1));
      await folder.close();
      folder = inner;
    }
    if (owner) await folder.chown(owner.uid, owner.gid);
  } finally {
    await folder.close();
  }
  return join(root, path);
}

/** By its descriptor a folder stays the one that was looked at, whatever is put in its place (proc_pid_fd(5)). */
async function enter(folder: FileHandle, parts: readonly string[]): Promise<FileHandle> {
  const at = `/proc/self/fd/${folder.fd}/${parts.at(-1)}`;
  try {
    await mkdir(at, { mode: 0o700 });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  try {
    return await open(at, parts.length > 1 ? aFolder | constants.O_NOFOLLOW : aFolder);
  } catch (error) {
    if (!isErrno(error, 'ELOOP') && !isErrno(error, 'ENOTDIR')) throw error;
    const why = 'what an earlier release left there is a link or a file, and no folder';
    throw problem('SHARED_UNSAFE', { path: parts.join('/'), why }, error);
  }
}
