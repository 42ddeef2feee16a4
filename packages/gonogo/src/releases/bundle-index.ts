import { messageOf, Problem, problem } from '../errors.ts';
import { type BundleEntry, checkEntries, defaultLimits, type Limits } from './entry.ts';

/** The first line of an index; another format would have another one. */
const head = '["gonogo bundle",1]';

/** The longest index that is read, in bytes. */
export const maxIndexBytes = 64 * 1024 * 1024;

/**
 * Every entry of a bundle as text, a JSON array a line, in the order in which they are given. The SHA-256 of this text
 * is the bundle's digest: equal trees have equal text.
 */
export const renderIndex = (entries: readonly BundleEntry[]): string =>
  `${[head, ...entries.map(lineOf)].join('\n')}\n`;

function lineOf(entry: BundleEntry): string {
  switch (entry.is) {
    case 'folder':
      return JSON.stringify(['folder', entry.path]);
    case 'link':
      return JSON.stringify(['link', entry.path, entry.target]);
    case 'file':
      return JSON.stringify([entry.executable ? 'program' : 'file', entry.path, entry.size, entry.hash]);
  }
}

/** Reads an index as hostile input. Fails with BUNDLE_UNSAFE. */
export function parseIndex(text: string, limits: Limits = defaultLimits): BundleEntry[] {
  const lines = text.split('\n');
  if (lines.shift() !== head || lines.pop() !== '') throw broken('it does not begin or end like one');
  const entries = lines.map(entryOf);
  if (entries.length === 0) throw broken('it is empty');
  checkEntries(entries, limits);
  return entries;
}

function entryOf(line: string): BundleEntry {
  try {
    const values: unknown = JSON.parse(line);
    const entry = Array.isArray(values) ? fromValues(values) : undefined;
    // One text for each entry, and no other: else equal trees could have different digests.
    if (entry && lineOf(entry) === line) return entry;
    throw broken('it has a line that is no entry');
  } catch (error) {
    throw error instanceof Problem ? error : broken(messageOf(error));
  }
}

function fromValues([kind, path, second, third]: readonly unknown[]): BundleEntry | undefined {
  if (typeof path !== 'string') return undefined;
  if (kind === 'folder') return { is: 'folder', path };
  if (kind === 'link') return typeof second === 'string' ? { is: 'link', path, target: second } : undefined;
  if (kind !== 'file' && kind !== 'program') return undefined;
  if (!Number.isSafeInteger(second) || Number(second) < 0) return undefined;
  if (typeof third !== 'string' || !/^[0-9a-f]{64}$/.test(third)) return undefined;
  return { is: 'file', path, executable: kind === 'program', size: Number(second), hash: third };
}

const broken = (why: string): Problem => problem('BUNDLE_UNSAFE', { path: 'the bundle’s index', why });
