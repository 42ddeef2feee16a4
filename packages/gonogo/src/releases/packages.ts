import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bundle } from './bundle.ts';

/** One package, as a package URL names it. */
export type Package = {
  readonly type: 'npm' | 'pypi';
  readonly name: string;
  readonly version: string;
  readonly licence?: string;
};

/**
 * The packages whose files are in a bundle: those below node_modules, and Python's by their metadata. A bundle without
 * any (its build may have put them into one file) has those that its package-lock.json names for production.
 */
export async function packagesOf(bundle: Bundle, lockfile: string | undefined): Promise<Package[]> {
  const found = new Map<string, Package>();
  for (const entry of bundle.entries) {
    const read = entry.is === 'file' ? readerOf(entry.path) : undefined;
    const one = read?.(await readFile(join(bundle.from, entry.path), 'utf8'));
    if (one) found.set(purlOf(one), one);
  }
  if (found.size === 0 && lockfile !== undefined)
    for (const one of lockedPackages(lockfile)) found.set(purlOf(one), one);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

type Reader = (text: string) => Package | undefined;

function readerOf(path: string): Reader | undefined {
  if (/(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(path)) return npmPackage;
  return /\.dist-info\/METADATA$/.test(path) ? pythonPackage : undefined;
}

const npmPackage: Reader = (text) => {
  const { name, version, license } = parsed(text);
  if (typeof name !== 'string' || typeof version !== 'string') return undefined; // Not a package of its own.
  return { type: 'npm', name, version, ...(typeof license === 'string' ? { licence: license } : {}) };
};

/** Core metadata (PEP 566): headers like an e-mail's. */
const pythonPackage: Reader = (text) => {
  const [, name] = /^Name: (.+)$/m.exec(text) ?? [];
  const [, version] = /^Version: (.+)$/m.exec(text) ?? [];
  return name && version ? { type: 'pypi', name: name.trim(), version: version.trim() } : undefined;
};

/** What package-lock.json (version 2 and 3) names, but for what is only for development. */
export function lockedPackages(lockfile: string): Package[] {
  const { packages } = parsed(lockfile);
  if (typeof packages !== 'object' || packages === null) return [];
  return Object.entries(packages as Record<string, Record<string, unknown>>).flatMap(([path, about]) => {
    const name = about.name ?? /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    const { version, dev, link } = about;
    if (path === '' || dev === true || link === true) return [];
    return typeof name === 'string' && typeof version === 'string' ? [{ type: 'npm', name, version }] : [];
  });
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // Fixtures of packages hold broken ones on purpose.
  }
}

/** Package URL: `pkg:npm/%40scope/name@1.0.0`. */
export const purlOf = ({ type, name, version }: Package): string =>
  `pkg:${type}/${name.split('/').map(encodeURIComponent).join('/')}@${encodeURIComponent(version)}`;
