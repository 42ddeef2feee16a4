import assert from 'node:assert/strict';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeView, removeTree } from './view.ts';

let base: string;
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'gonogo-view-'));
});
after(() => removeTree(base));

test('a view has every file of the release as the same file, links as links, and shared folders in their places', async () => {
  const artifact = join(base, 'artifact');
  await mkdir(join(artifact, 'data/uploads'), { recursive: true });
  await writeFile(join(artifact, 'main.js'), '');
  await writeFile(join(artifact, 'data/fixed.txt'), '');
  await writeFile(join(artifact, 'data/uploads/hidden.txt'), '');
  await symlink('main.js', join(artifact, 'start.js'));
  const [at, folder] = [join(base, 'view'), join(base, 'shared')];
  await mkdir(folder);
  await makeView({ artifact, at, shared: new Map([['data/uploads', folder]]) });
  assert.equal((await stat(join(at, 'main.js'))).ino, (await stat(join(artifact, 'main.js'))).ino);
  assert.equal(realpathSync(join(at, 'start.js')), realpathSync(join(at, 'main.js')));
  assert.equal(realpathSync(join(at, 'data/uploads')), realpathSync(folder));
  assert.equal(existsSync(join(at, 'data/fixed.txt')), true);
  assert.equal((await stat(at)).mode & 0o222, 0, 'nothing can be created in it');
  await removeTree(at);
  assert.equal(existsSync(at), false);
  assert.equal(existsSync(join(artifact, 'data/uploads/hidden.txt')), true);
});

test('a view of two thousand files is whole', async () => {
  const artifact = join(base, 'large');
  for (let folder = 0; folder < 20; folder++) {
    await mkdir(join(artifact, `node_modules/p${folder}`), { recursive: true });
    for (let file = 0; file < 100; file++)
      await writeFile(join(artifact, `node_modules/p${folder}/${file}.js`), '');
  }
  const at = join(base, 'large-view');
  await makeView({ artifact, at, shared: new Map() });
  const names = await readdir(at, { recursive: true });
  assert.equal(names.length, 1 + 20 + 2000);
});
