import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { problem } from '../../errors.ts';
import {
  isErrno,
  isTemporary,
  makePrivateFolder,
  readIfPresent,
  writeFileAtomic,
} from '../../system/files.ts';
import { InstanceRecord } from '../../wire/instance.ts';
import { inWords } from '../../wire/problems.ts';
import { type Place, placeOf } from '../labels.ts';
import { poolFolder, recordFile } from './folders.ts';

/** Written before a launch, and again after it with the process; so an instance survives the keeper's memory. */
export async function writeRecord(root: string, place: Place, record: InstanceRecord): Promise<void> {
  const folder = poolFolder(root, place.pool);
  await makePrivateFolder(folder);
  await writeFileAtomic(recordFile(folder, record.id), JSON.stringify(record));
}

export const removeRecord = (root: string, place: Place, id: string): Promise<void> =>
  rm(recordFile(poolFolder(root, place.pool), id), { force: true });

/** The record files under a folder, at any depth, by the names of their instances. */
export async function recordFiles(folder: string): Promise<Map<string, string>> {
  const paths = await filesUnder(folder, isRecord);
  return new Map(paths.map((path) => [basename(path, '.json'), path]));
}

/** What these files say, but for those that were removed meanwhile. */
export async function readRecords(paths: readonly string[]): Promise<InstanceRecord[]> {
  const records = await Promise.all(paths.map(readRecord));
  return records.filter(
    (record) => record !== undefined && placeOf(record.labels) !== undefined,
  ) as InstanceRecord[];
}

async function readRecord(path: string): Promise<InstanceRecord | undefined> {
  const text = await readIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return InstanceRecord.parse(JSON.parse(text), inWords);
  } catch (error) {
    throw problem('STATE_UNUSABLE', { path, why: 'it is not the record of an instance' }, error);
  }
}

/** What an earlier agent was killed while writing: only one agent writes here, so what is older than it is nobody's. */
export async function removeUnfinished(root: string): Promise<void> {
  for (const path of await filesUnder(root, isTemporary)) {
    const stats = await stat(path).catch(() => undefined); // Finished since: it has another name now.
    if (stats && stats.mtimeMs < performance.timeOrigin) await rm(path, { force: true });
  }
}

/** Views and homes are an application's files, not ours, and can be large. */
const skipped = new Set(['views', 'home']);

const isRecord = (name: string): boolean => name.endsWith('.json');

async function filesUnder(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  });
  const files = entries.filter((entry) => entry.isFile() && wanted(entry.name));
  const folders = entries.filter((entry) => entry.isDirectory() && !skipped.has(entry.name));
  const below = await Promise.all(folders.map((entry) => filesUnder(join(folder, entry.name), wanted)));
  return [...files.map((entry) => join(folder, entry.name)), ...below.flat()];
}
