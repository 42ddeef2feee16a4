import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../../errors.ts';
import { isErrno, makePrivateFolder, readIfPresent, writeFileAtomic } from '../../system/files.ts';
import { InstanceRecord } from '../../wire/instance.ts';
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

/** Every record under a folder, at any depth. */
export async function readRecords(folder: string): Promise<InstanceRecord[]> {
  const records = await Promise.all((await recordFiles(folder)).map(readRecord));
  return records.filter(
    (record) => record !== undefined && placeOf(record.labels) !== undefined,
  ) as InstanceRecord[];
}

async function readRecord(path: string): Promise<InstanceRecord | undefined> {
  const text = await readIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return InstanceRecord.parse(JSON.parse(text));
  } catch (error) {
    throw problem('STATE_UNUSABLE', { path, why: 'it is not the record of an instance' }, error);
  }
}

/** Views and homes are an application's files, not ours, and can be large. */
const skipped = new Set(['views', 'home']);

async function recordFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.json'));
  const folders = entries.filter((entry) => entry.isDirectory() && !skipped.has(entry.name));
  const below = await Promise.all(folders.map((entry) => recordFiles(join(folder, entry.name))));
  return [...files.map((entry) => join(folder, entry.name)), ...below.flat()];
}
