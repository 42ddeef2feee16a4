import { readFileSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Needs } from '../domain/release-record.ts';

/** The machine that a release is to run on, and the Node.js that its instances are given. */
export type Host = {
  readonly os: string;
  readonly arch: string;
  /** `glibc` or `musl`; absent where it cannot be known. */
  readonly libc?: string;
  /** Absent: they bring their own, or run something else. */
  readonly node?: { readonly version: string; readonly abi: string };
};

export type Running = {
  readonly command: readonly string[];
  /** The unpacked bundle. */
  readonly folder: string;
  /** The variables it is deployed with. */
  readonly values: Readonly<Record<string, string>>;
};

/** This machine as the instances of a bundle find it: `node` is the one that runs gonogo, unless they bring their own. */
export async function hostOf({ command, folder, values }: Running): Promise<Host> {
  const here = { os: process.platform, arch: process.arch, ...libcHere() };
  const brings = await lstat(join(folder, 'node_modules/.bin/node')).catch(() => undefined); // The usual case.
  if (command[0] !== 'node' || brings || values.PATH !== undefined) return here;
  return { ...here, node: { version: process.versions.node, abi: process.versions.modules } };
}

/** The C library that this process is linked to. */
function libcHere(): Pick<Host, 'libc'> {
  if (process.platform !== 'linux') return {};
  const maps = readFileSync('/proc/self/maps', 'utf8');
  if (/\/ld-musl-/.test(maps)) return { libc: 'musl' };
  return /\/libc[.-]/.test(maps) ? { libc: 'glibc' } : {};
}

/** Why a release cannot run on a host, in words that go on from its name; undefined when it can. */
export async function whyUnfit(needs: Needs, host: Host): Promise<string | undefined> {
  const foreign = needs.native.find(({ platforms }) => !platforms.some((platform) => fits(platform, host)));
  if (foreign) {
    const built = foreign.platforms.slice(0, 4).join(', ');
    return `its module ${foreign.name} is built for ${built}, and this host is ${nameOf(host)}`;
  }
  if (needs.node === undefined || !host.node) return undefined;
  const { satisfies, validRange } = await import('semver');
  if (validRange(needs.node) === null || satisfies(host.node.version, needs.node)) return undefined;
  return `its package.json asks for Node.js ${needs.node}, and instances on this host get ${host.node.version}`;
}

const nameOf = ({ os, arch, libc, node }: Host): string =>
  [os, arch, libc, node && `abi${node.abi}`].filter(Boolean).join('-');

/** Whether a library for this platform can be loaded: what is not known does not matter. */
function fits(platform: string, { os, arch, libc, node }: Host): boolean {
  const [itsOs, itsArch, ...rest] = platform.split('-');
  if (itsOs !== os || (itsArch !== arch && itsArch !== 'universal')) return false;
  return rest.every((word) =>
    word.startsWith('abi') ? word === `abi${node?.abi ?? word.slice(3)}` : word === (libc ?? word),
  );
}
