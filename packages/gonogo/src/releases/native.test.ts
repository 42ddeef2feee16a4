import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { packBundle } from './bundle.ts';
import { nativeModules, platformOf } from './native.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-native-'));
after(() => rm(root, { recursive: true, force: true }));

/** The header of a library for Linux, as far as it is read, and names that its tables of symbols hold. */
function elf(machine: number, ...names: string[]): Buffer {
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  header.writeUInt16LE(machine, 18);
  return Buffer.concat([header, Buffer.from(names.join('\0'))]);
}

test('a library says its platform by its header, and its C library by what it is linked to', () => {
  assert.equal(platformOf(elf(62)), 'linux-x64');
  assert.equal(platformOf(elf(183, 'GLIBC_2.17')), 'linux-arm64-glibc');
  assert.equal(platformOf(elf(62, 'libc.musl-x86_64.so.1')), 'linux-x64-musl');
  assert.equal(platformOf(elf(62, 'node_register_module_v127')), 'linux-x64-abi127');
  assert.equal(platformOf(elf(999)), 'linux-machine999');
  const mach = Buffer.alloc(64);
  mach.writeUInt32BE(0xcffaedfe, 0);
  mach.writeUInt32LE(0x0100000c, 4);
  assert.equal(platformOf(mach), 'darwin-arm64');
  const pe = Buffer.alloc(256);
  pe.write('MZ');
  pe.writeUInt32LE(0x80, 0x3c);
  pe.writeUInt16LE(0x8664, 0x84);
  assert.equal(platformOf(pe), 'win32-x64');
});

test('what is no library, or a piece of one, has no platform', () => {
  const cut = Buffer.alloc(64);
  cut.write('MZ');
  cut.writeUInt32LE(0xffffff, 0x3c);
  for (const odd of [Buffer.alloc(0), Buffer.from('\x7fELF'), Buffer.alloc(64), cut])
    assert.equal(platformOf(odd), undefined);
});

test('packages that are made for one platform each are one module for several', async () => {
  const files = {
    'server.js': Buffer.from(''),
    'node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64.node': elf(62, 'GLIBC_2.17'),
    'node_modules/@img/sharp-linuxmusl-x64/lib/sharp-linuxmusl-x64.node': elf(62, 'libc.musl-x86_64.so.1'),
    'node_modules/bcrypt/prebuilds/linux-arm64/bcrypt.node': elf(183),
    'node_modules/bcrypt/prebuilds/linux-x64/bcrypt.node': elf(62),
    'node_modules/a/node_modules/addon/build/Release/addon.node': elf(183),
    'node_modules/a/fake.node': Buffer.from('not a library'),
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  assert.deepEqual(await nativeModules(await packBundle({ from: root })), [
    { name: 'node_modules/@img/sharp', platforms: ['linux-x64-glibc', 'linux-x64-musl'] },
    { name: 'node_modules/a/node_modules/addon', platforms: ['linux-arm64'] },
    { name: 'node_modules/bcrypt', platforms: ['linux-arm64', 'linux-x64'] },
  ]);
});
