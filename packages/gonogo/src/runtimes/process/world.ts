import type { Target } from '../../domain/target.ts';
import { sameTarget, targetKey } from '../../domain/target.ts';
import type { Clock } from '../../ports/clock.ts';
import type { InstanceState } from '../../ports/runtime.ts';
import type { KernelLog } from '../../system/kernel-log.ts';
import { bootId, isAlive, type ProcessIdentity } from '../../system/process.ts';
import { shareNext } from '../../system/share.ts';
import type { InstanceRecord } from '../../wire/instance.ts';
import type { KeeperClient, Launched } from '../../wire/keeper.ts';
import { type Place, placeOf } from '../labels.ts';
import { targetFolder } from './folders.ts';
import { findLaunch } from './group.ts';
import { readRecords, recordFiles, removeRecord } from './records.ts';

/** An instance that exists, or existed and was not forgotten. */
export type Found = {
  readonly id: string;
  readonly place: Place;
  readonly process: ProcessIdentity;
  readonly state: InstanceState;
  /** Its parent is the keeper that runs now; otherwise it was adopted and only its identity is known. */
  readonly kept: boolean;
};

export type WorldTools = {
  readonly keeper: KeeperClient;
  readonly folder: string;
  readonly clock: Clock;
  /** Launches that are being carried out in this process just now. */
  readonly launching: ReadonlySet<string>;
  /** When adopted instances were first seen to be gone. */
  readonly gone: Map<string, number>;
  /** What was killed for want of memory. */
  readonly kernel: KernelLog;
  /** Looks at each target, and at all: a hundred instances that are asked at once need one look, not a hundred. */
  readonly looks: Map<string, () => Promise<readonly Found[]>>;
};

/**
 * The instances of a target (of all, without one): what the keeper lists, and what an earlier keeper started and only
 * record files tell of. Looking writes nothing, so it cannot bring back what is being removed.
 */
export function look(tools: WorldTools, target?: Target): Promise<readonly Found[]> {
  const key = target ? targetKey(target) : '';
  const shared = tools.looks.get(key) ?? shareNext(() => lookNow(tools, target));
  tools.looks.set(key, shared);
  return shared();
}

async function lookNow(tools: WorldTools, target?: Target): Promise<readonly Found[]> {
  const files = await recordFiles(target ? targetFolder(tools.folder, target) : tools.folder);
  // In this order, so that what was recorded by then and lives is on the list.
  const listed = await tools.keeper.call('list', undefined);
  for (const { key } of listed) files.delete(key);
  const kept = listed.map((launched) => foundByKeeper(tools, launched));
  const unknown = (await readRecords([...files.values()])).filter(({ id }) => !tools.launching.has(id));
  const adopted = await Promise.all(unknown.map((record) => adopt(tools, record)));
  return [...kept, ...adopted]
    .filter((found) => found !== undefined)
    .filter((found) => target === undefined || sameTarget(found.place.pool.target, target))
    .sort((a, b) => a.place.index - b.place.index);
}

function foundByKeeper({ kernel }: WorldTools, launched: Launched): Found | undefined {
  const place = placeOf(launched.labels);
  if (!place) return undefined;
  const { key: id, boot, pid, startTime, startedAt, ended } = launched;
  const process = { boot, pid, startTime };
  if (!ended) return { id, place, process, state: { is: 'running', pid, startedAt }, kept: true };
  const { code, signal, at: endedAt } = ended;
  const outOfMemory = signal === 'SIGKILL' ? kernel.processKilled(process) : undefined;
  const state = {
    is: 'ended',
    code,
    signal,
    startedAt,
    endedAt,
    ...(outOfMemory ? { outOfMemory } : {}),
  } as const;
  return { id, place, process, state, kept: true };
}

/** An instance that lost its keeper: it lives when exactly its process does. How it ended, nobody can know. */
async function adopt(tools: WorldTools, record: InstanceRecord): Promise<Found | undefined> {
  const place = placeOf(record.labels);
  const process = record.process ?? findUnrecorded(tools, record);
  if (!place) return undefined;
  // It was never started, or ended before anybody knew its process.
  if (!process) return void (await removeRecord(tools.folder, place, record.id));
  const { boot, pid, startTime, startedAt } = process;
  const identity = { boot, pid, startTime };
  const found = { id: record.id, place, process: identity, kept: false };
  if (isAlive(identity)) return { ...found, state: { is: 'running', pid, startedAt } };
  const endedAt = tools.gone.get(record.id) ?? tools.clock.wall();
  tools.gone.set(record.id, endedAt);
  const state = { is: 'ended', code: null, signal: null, startedAt, endedAt } as const;
  return { ...found, state: boot === bootId() ? state : { ...state, withMachine: true } };
}

/** The agent died between a launch and writing down its process, and the keeper as well: the environment tells. */
function findUnrecorded(tools: WorldTools, record: InstanceRecord): InstanceRecord['process'] {
  const identity = findLaunch(record.id);
  return identity && { ...identity, startedAt: tools.clock.wall() };
}
