import { readdir } from 'node:fs/promises';
import type { Client } from '../../../packages/gonogo/src/api/client.ts';
import type { EnvironmentStatus } from '../../../packages/gonogo/src/api/contract.ts';
import { listeningOf } from '../../../packages/gonogo/src/runtimes/process/listening.ts';
import { isErrno } from '../../../packages/gonogo/src/system/files.ts';
import { type Belonging, processesOf } from './processes.ts';

/**
 * What runs, listens or lies under a state folder and that its agent does not know of, and what it says is there and is
 * not: a sentence each, none when all is well. Only asked while nothing is under way.
 */
export async function orphansOf(root: string, agent: Client): Promise<string[]> {
  const [{ pid }, { proxies }, status] = await Promise.all([
    agent.hello(),
    agent.processes(),
    agent.status({}),
  ]);
  const found = await processesOf(root);
  const ours = new Set([pid, ...proxies.map((proxy) => proxy.pid), ...pidsOf(found.filter(isKeeper))]);
  return [
    ...strangers(found, ours, status),
    ...wrongPorts(pidsOf(found), status),
    ...(await unfinishedFiles(root)).map((path) => `${path} is left`),
  ];
}

const pidsOf = (found: readonly Belonging[]): number[] => found.map(({ identity }) => identity.pid);

const isKeeper = ({ argv }: Belonging): boolean => /\/keeper(\/main\.ts|\.js)\b/.test(argv);

const instancesOf = (status: readonly EnvironmentStatus[]) =>
  status.flatMap(({ slots }) =>
    slots.flatMap(({ pool, instances }) => instances.map((instance) => ({ pool, ...instance }))),
  );

function strangers(
  found: readonly Belonging[],
  ours: ReadonlySet<number>,
  status: readonly EnvironmentStatus[],
): string[] {
  const known = new Set(instancesOf(status).map(({ pid }) => pid));
  const orphans = found.filter(({ identity: { pid } }) => !known.has(pid) && !ours.has(pid));
  const alive = new Set(pidsOf(found));
  return [
    ...orphans.map(({ identity, argv }) => `nobody knows of process ${identity.pid}: ${argv}`),
    ...[...known].filter((pid) => pid !== undefined && !alive.has(pid)).map((pid) => `${pid} does not run`),
  ];
}

function wrongPorts(pids: readonly number[], status: readonly EnvironmentStatus[]): string[] {
  const listening = new Set(listeningOf(pids).map(({ port }) => port));
  const fronts = status.flatMap(({ front }) => (front ? [front.port] : []));
  const web = instancesOf(status).filter(({ pool, state }) => pool === 'web' && state === 'running');
  const known = new Set([...fronts, ...web.map(({ address }) => address.port)]);
  return [...listening].filter((port) => !known.has(port)).map((port) => `nobody knows of port ${port}`);
}

/** What a write leaves that was cut short: temporary files and folders. */
async function unfinishedFiles(root: string): Promise<string[]> {
  try {
    const names = await readdir(root, { recursive: true });
    return names.filter((name) => /\.tmp$|(^|\/)\.(new-|unfinished-)[^/]*$/.test(name));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []; // Something was removed while we looked, which the next look will not meet.
    throw error;
  }
}
