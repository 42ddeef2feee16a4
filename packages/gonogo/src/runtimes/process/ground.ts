import { chmod, chown } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { PoolId } from '../../domain/slot.ts';
import type { PoolSpec } from '../../ports/runtime.ts';
import { makePrivateFolder } from '../../system/files.ts';
import { sharedPaths } from '../shared.ts';
import { makeSharedFolder } from '../shared-folder.ts';
import { homeFolder, poolFolder, targetFolder } from './folders.ts';
import type { Berth } from './render.ts';
import type { ProcessTools } from './tools.ts';
import { type Account, accountOf } from './users.ts';
import { makeView, removeTree } from './view.ts';

export type Ground = Pick<Berth, 'cwd' | 'home' | 'account'>;

/** The folders an instance needs, before it is started in them. */
export async function prepare(tools: ProcessTools, spec: PoolSpec): Promise<Ground> {
  const account = await accountOf(spec.manifest.run.user);
  const home = homeFolder(tools.folder, spec.pool.target);
  await makeHome(tools, home, account);
  await makePrivateFolder(poolFolder(tools.folder, spec.pool));
  const cwd = await workingFolder(tools, spec, account);
  return { cwd, home, ...(account ? { account } : {}) };
}

async function workingFolder(
  tools: ProcessTools,
  spec: PoolSpec,
  account: Account | undefined,
): Promise<string> {
  if (spec.manifest.run.shared.length === 0 && !account) return spec.artifact;
  const shared = new Map<string, string>();
  for (const path of sharedPaths(spec.manifest.run.shared)) {
    shared.set(path, await makeSharedFolder(targetFolder(tools.shared, spec.pool.target), path, account));
  }
  if (account && shared.size > 0)
    await openWay(dirname(tools.folder), targetFolder(tools.shared, spec.pool.target));
  const views = join(poolFolder(tools.folder, spec.pool), 'views');
  const at = join(views, spec.releaseDigest.replace(/^sha256:/, ''));
  await makeView({ artifact: spec.artifact, at, shared, ...(account ? { account } : {}) });
  if (account) await openWay(dirname(tools.folder), views);
  return at;
}

async function makeHome(tools: ProcessTools, home: string, account: Account | undefined): Promise<void> {
  await makePrivateFolder(home);
  if (!account) return;
  await chown(home, account.uid, account.gid);
  await openWay(dirname(tools.folder), dirname(home));
}

/** Another user must be able to pass through our folders to its own, though not to see what is in them. */
async function openWay(top: string, last: string): Promise<void> {
  const steps = relative(top, last).split(sep);
  await chmod(top, 0o711);
  for (let depth = 1; depth <= steps.length; depth++) await chmod(join(top, ...steps.slice(0, depth)), 0o711);
}

/** Removes the views of a pool that has no instance left. */
export const removeViews = (tools: ProcessTools, pool: PoolId): Promise<void> =>
  removeTree(join(poolFolder(tools.folder, pool), 'views'));
