import assert from 'node:assert/strict';
import { chmod, chown, lchown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { lacking } from '../../../../test/require.ts';
import { temporaryFolder } from '../api/fixture/wire.ts';
import { notRootsOwn } from './roots-own.ts';

const skip = process.getuid?.() === 0 ? false : lacking('root, to own files');

test('a file is root’s own when nobody else can write it or replace a folder above it', {
  skip,
}, async (t) => {
  const folder = await temporaryFolder(t);
  const lib = join(folder, 'lib');
  const file = join(lib, 'cli.js');
  await mkdir(lib, { mode: 0o755 });
  await writeFile(file, '', { mode: 0o644 });
  assert.equal(notRootsOwn(file), undefined, 'though /tmp is everybody’s: its sticky bit keeps this');
  const isFound = async (path: string, change: () => Promise<void>, undo: () => Promise<void>) => {
    await change();
    assert.equal(notRootsOwn(file), path);
    await undo();
    assert.equal(notRootsOwn(file), undefined);
  };
  for (const path of [folder, lib, file]) {
    const mode = path === file ? 0o644 : 0o755;
    for (const writable of [0o020, 0o002])
      await isFound(
        path,
        () => chmod(path, mode | writable),
        () => chmod(path, mode),
      );
    await isFound(
      path,
      () => chown(path, 65_534, 0),
      () => chown(path, 0, 0),
    );
  }
  await isFound(
    file,
    () => chmod(file, 0o1666),
    () => chmod(file, 0o644),
  );
});

test('a link is not root’s own: where it leads was not looked at', { skip }, async (t) => {
  const folder = await temporaryFolder(t);
  await symlink('/usr', join(folder, 'link'));
  await lchown(join(folder, 'link'), 0, 0);
  assert.equal(notRootsOwn(join(folder, 'link')), join(folder, 'link'));
});
