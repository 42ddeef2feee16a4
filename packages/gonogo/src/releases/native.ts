import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NativeModule } from '../domain/release-record.ts';
import type { Bundle } from './bundle.ts';

/** What stands in the header of a library for each processor: ELF's e_machine, PE's Machine, Mach-O's cputype. */
const elf = new Map([
  [3, 'ia32'],
  [40, 'arm'],
  [62, 'x64'],
  [183, 'arm64'],
  [243, 'riscv64'],
  [22, 's390x'],
  [21, 'ppc64'],
  [258, 'loong64'],
]);
const pe = new Map([
  [0x14c, 'ia32'],
  [0x8664, 'x64'],
  [0xaa64, 'arm64'],
]);
const mach = new Map([
  [0x01000007, 'x64'],
  [0x0100000c, 'arm64'],
]);

/**
 * The native modules of a bundle (`*.node`), by package. A package that is made anew for each platform
 * (`@img/sharp-linux-x64`, `@img/sharp-darwin-arm64`) is one module that is there for several.
 */
export async function nativeModules({ entries, from }: Bundle): Promise<NativeModule[]> {
  const found = new Map<string, Set<string>>();
  for (const entry of entries) {
    if (entry.is !== 'file' || !entry.path.endsWith('.node')) continue;
    const platform = platformOf(await readFile(join(from, entry.path)));
    if (platform === undefined) continue;
    const name = moduleName(entry.path);
    found.set(name, (found.get(name) ?? new Set()).add(platform));
  }
  return [...found].map(([name, platforms]) => ({ name, platforms: [...platforms].sort() }));
}

/** `linux-x64-glibc-abi137`; undefined for what is no library that we know. */
export function platformOf(library: Buffer): string | undefined {
  if (library.length < 64) return undefined;
  const magic = library.readUInt32BE(0);
  if (magic === 0x7f454c46) return elfPlatform(library);
  if (magic === 0xcffaedfe)
    return withAbi(`darwin-${mach.get(library.readUInt32LE(4)) ?? 'unknown'}`, library);
  if (magic === 0xcafebabe) return withAbi('darwin-universal', library);
  if (library.readUInt16BE(0) === 0x4d5a) return pePlatform(library);
  return undefined;
}

function elfPlatform(library: Buffer): string {
  const isBigEndian = library[5] === 2;
  const machine = isBigEndian ? library.readUInt16BE(18) : library.readUInt16LE(18);
  const platform = `linux-${elf.get(machine) ?? `machine${machine}`}`;
  if (library.includes('libc.musl-')) return withAbi(`${platform}-musl`, library);
  return withAbi(library.includes('GLIBC_2.') ? `${platform}-glibc` : platform, library);
}

function pePlatform(library: Buffer): string | undefined {
  const at = library.readUInt32LE(0x3c);
  if (at + 6 > library.length) return undefined;
  return withAbi(`win32-${pe.get(library.readUInt16LE(at + 4)) ?? 'unknown'}`, library);
}

/** A module without Node-API exports a symbol that is named after the only version of Node.js's own API it can use. */
function withAbi(platform: string, library: Buffer): string {
  const at = library.indexOf('node_register_module_v');
  const version = at < 0 ? undefined : /^\d+/.exec(library.toString('latin1', at + 22, at + 26))?.[0];
  return version === undefined ? platform : `${platform}-abi${version}`;
}

const platformWords =
  /[-_.+](?:android|darwin|freebsd|linux|linuxmusl|openharmony|sunos|win32|x64|x86_64|amd64|ia32|x86|arm64|aarch64|armv\d\w?|arm|riscv64|s390x|ppc64|ppc64le|loong64|universal|gnu|glibc|musl|msvc|gnueabihf|musleabihf|eabi|node\d*|abi\d+|napi)(?=[-_.+/]|$)/g;

/** The package that a file belongs to, without what its name says of platforms; else the file's own path, alike. */
function moduleName(path: string): string {
  const at = path.lastIndexOf('node_modules/');
  const inside = /^(?:@[^/]+\/)?[^/]+/.exec(path.slice(at + 'node_modules/'.length))?.[0] ?? path;
  const name = at < 0 ? path : `${path.slice(0, at)}node_modules/${inside}`;
  return name.replaceAll(platformWords, '');
}
