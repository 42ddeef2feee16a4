import { join } from 'node:path';
import type { PoolId } from '../../domain/slot.ts';
import type { Target } from '../../domain/target.ts';
import { problem } from '../../errors.ts';

/** Names reach paths here, so each is looked at once more: no separator, no dot in front. */
function segment(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)) return name;
  throw problem('INTERNAL', { what: `"${name}" cannot be part of a path` });
}

/** `<root>/<project>/<service>/<environment>/<host>` */
export const targetFolder = (root: string, target: Target): string =>
  join(root, ...[target.project, target.service, target.environment, target.host].map(segment));

/** Where a pool's records, output and view lie. */
export const poolFolder = (root: string, pool: PoolId): string =>
  join(targetFolder(root, pool.target), pool.slot, segment(pool.role));

/** The HOME of a target's instances: outlives releases, is never shared with another target. */
export const homeFolder = (root: string, target: Target): string => join(targetFolder(root, target), 'home');

export const recordFile = (folder: string, id: string): string => join(folder, `${id}.json`);
export const outputFile = (folder: string, id: string): string => join(folder, `${id}.log`);
