import type { ProcessIdentity } from './process.ts';

/** A lease's owner as people read it and as a later process can check it: `agent (pid 12, started 345, boot 6f…)`. */
export const ownerText = (name: string, identity: ProcessIdentity): string =>
  `${name} (pid ${identity.pid}, started ${identity.startTime}, boot ${identity.boot})`;

/** The process that an owner text names; undefined when it names none. */
export function ownerIdentity(owner: string): ProcessIdentity | undefined {
  const found = / \(pid (\d+), started (\d+), boot ([0-9a-f-]+)\)$/.exec(owner);
  if (!found) return undefined;
  const [, pid = '', startTime = '', boot = ''] = found;
  return { pid: Number(pid), startTime, boot };
}
