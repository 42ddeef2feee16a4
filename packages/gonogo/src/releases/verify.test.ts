import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Artifact } from '../domain/release.ts';
import { isProblem } from '../errors.ts';
import { type Entry, file, folder, inChunks, linkTo, type Shipment, shipment } from './fixture/shipment.ts';
import { removeTree } from './settle.ts';
import { type BundleStore, bundleStore } from './store.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-verify-'));
after(() => removeTree(root));

let count = 0;
const fresh = (): string => join(root, `n${count++}`);

const put = ({ digest, bytes }: Shipment, store: BundleStore): Promise<void> =>
  store.put(digest, inChunks(bytes));
const bundle = ({ digest }: Shipment): Artifact => ({ kind: 'bundle', digest });

const shop: readonly Entry[] = [
  folder('lib'),
  file('lib/a.js', 'one'),
  file('lib/b.js', 'two'),
  linkTo('link', 'lib/a.js'),
  file('start', '#!/bin/sh', 'program'),
];

/** A path inside a read-only tree is written to as its owner can: by making the folder and the file writable. */
async function forced(folder: string, work: () => Promise<unknown>): Promise<void> {
  const { mode } = await stat(folder);
  await chmod(folder, 0o755);
  await work();
  await chmod(folder, mode & 0o777);
}

async function overwrite(path: string, content: string): Promise<void> {
  const { mode, atime, mtime } = await stat(path);
  await chmod(path, 0o644);
  await writeFile(path, content);
  await chmod(path, mode & 0o777);
  await utimes(path, atime, mtime);
}

const damages: Readonly<Record<string, readonly [RegExp, (at: string) => Promise<unknown>]>> = {
  'a changed byte, its time put back': [
    /lib\/a\.js: its content/,
    (at) => overwrite(join(at, 'lib/a.js'), 'onE'),
  ],
  'a file that grew': [/lib\/a\.js: its size/, (at) => overwrite(join(at, 'lib/a.js'), 'one more')],
  'a file that is gone': [
    /lib\/a\.js: it is not there/,
    (at) => forced(join(at, 'lib'), () => rm(join(at, 'lib/a.js'))),
  ],
  'a file that was added': [
    /lib: it holds "c\.js"/,
    (at) => forced(join(at, 'lib'), () => writeFile(join(at, 'lib/c.js'), '')),
  ],
  'a file that became a program': [/lib\/a\.js: its mode/, (at) => chmod(join(at, 'lib/a.js'), 0o555)],
  'a folder that can be written to': [/lib: its mode/, (at) => chmod(join(at, 'lib'), 0o755)],
  'a link that leads elsewhere': [
    /link: it leads elsewhere/,
    (at) =>
      forced(at, async () => {
        await rm(join(at, 'link'));
        await symlink('lib/b.js', join(at, 'link'));
      }),
  ],
  'a file that became a link': [
    /lib\/a\.js: it is no file/,
    (at) =>
      forced(join(at, 'lib'), async () => {
        await rename(join(at, 'lib/a.js'), join(at, 'lib/b.js'));
        await symlink('b.js', join(at, 'lib/a.js'));
      }),
  ],
};

for (const [what, [says, damage]] of Object.entries(damages)) {
  test(`${what} is found, and sending the bundle again heals it`, async () => {
    const store = bundleStore(fresh());
    const sent = shipment(shop);
    await put(sent, store);
    await store.verify(bundle(sent));
    const at = await store.locate(bundle(sent));
    await damage(at);
    await assert.rejects(store.verify(bundle(sent)), (error) => {
      assert.ok(isProblem(error, 'ARTIFACT_CHANGED'), String(error));
      assert.match(error.message, says);
      return true;
    });
    assert.equal(await store.has(sent.digest), false);
    // Nothing starts from it until then, by whatever way.
    for (const look of [() => store.verify(bundle(sent)), () => store.inspect(at)])
      await assert.rejects(look, (error) => isProblem(error, 'ARTIFACT_CHANGED'));
    await put(sent, store);
    await store.verify(bundle(sent));
    await store.inspect(at);
  });
}

test('a restart sees by the times alone that something was written to', async () => {
  const store = bundleStore(fresh());
  const sent = shipment(shop);
  await put(sent, store);
  const at = await store.locate(bundle(sent));
  await store.inspect(at);
  await forced(join(at, 'lib'), () => writeFile(join(at, 'lib/c.js'), ''));
  await assert.rejects(store.inspect(at), (error) => isProblem(error, 'ARTIFACT_CHANGED'));
  await store.inspect(`sha256:${'0'.repeat(64)}`); // An image's id: its engine looks after it.
});

test('an index that was changed is found', async () => {
  const folder = fresh();
  const store = bundleStore(folder);
  const sent = shipment(shop);
  await put(sent, store);
  await writeFile(
    join(folder, `${sent.digest.slice(7)}.index`),
    '["gonogo bundle",1]\n["file","a",1,"00"]\n',
  );
  await assert.rejects(store.verify(bundle(sent)), (error) => isProblem(error, 'ARTIFACT_CHANGED'));
});

test('a file that bundles have in common lies on the disk once, and only what is lacking is sent', async () => {
  const store = bundleStore(fresh());
  const first = shipment([file('same', 'same'), file('twin', 'same'), file('mine', '1')]);
  const second = shipment([file('same', 'same'), file('mine', '2')], { only: ['2'] });
  const indexOf = ({ bytes }: Shipment): string => {
    const text = bytes.toString('utf8');
    return text.slice(text.indexOf('\n') + 1, text.lastIndexOf('\n') + 1);
  };
  assert.equal((await store.lacking(first.digest, indexOf(first))).length, 2, 'each content once');
  await assert.rejects(put(second, store), (error) => isProblem(error, 'ARTIFACT_INCOMPLETE'));
  await put(first, store);
  assert.equal((await store.lacking(second.digest, indexOf(second))).length, 1);
  await put(second, store);
  const inode = async (sent: Shipment, path: string): Promise<number> =>
    (await stat(join(await store.locate(bundle(sent)), path))).ino;
  assert.equal(await inode(first, 'same'), await inode(second, 'same'));
  assert.equal(await inode(first, 'same'), await inode(first, 'twin'));
  assert.notEqual(await inode(first, 'mine'), await inode(second, 'mine'));
  await assert.rejects(store.lacking(first.digest, indexOf(second)), (error) =>
    isProblem(error, 'ARTIFACT_MISMATCH'),
  );
});

test('what no bundle has any more goes with the last one that had it', async () => {
  const at = fresh();
  const store = bundleStore(at);
  const first = shipment([file('same', 'same'), file('mine', '1')]);
  const second = shipment([file('same', 'same'), file('mine', '2')], { only: ['2'] });
  await put(first, store);
  await put(second, store);
  const kept = async (): Promise<number> => {
    const groups = await readdir(join(at, 'contents'));
    const names = await Promise.all(groups.map((group) => readdir(join(at, 'contents', group))));
    return names.flat().length;
  };
  assert.equal(await kept(), 3);
  await store.remove([first.digest]);
  assert.equal(await kept(), 2);
  await store.verify(bundle(second));
  await store.remove([second.digest]);
  assert.equal(await kept(), 0);
});

test('a content that was damaged on the disk is not put into another bundle', async () => {
  const at = fresh();
  const store = bundleStore(at);
  const first = shipment([file('same', 'same')]);
  await put(first, store);
  await overwrite(join(await store.locate(bundle(first)), 'same'), 'SAME');
  const second = shipment([file('same', 'same'), file('mine', '2')], { only: ['2'] });
  await assert.rejects(put(second, store), (error) => isProblem(error, 'ARTIFACT_CHANGED'));
  const again = shipment([file('same', 'same'), file('mine', '2')]);
  await put(again, store);
  await store.verify(bundle(again));
  await assert.rejects(store.verify(bundle(first)), (error) => isProblem(error, 'ARTIFACT_CHANGED'));
});
