import assert from 'node:assert/strict';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { isProblem } from '../errors.ts';
import { archive, digestOf, type Entry, folder, inChunks, linkTo, treeOf } from './fixture/archive.ts';
import { removeTree } from './settle.ts';
import { artifactStore } from './store.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-hostile-'));
after(() => removeTree(root));

let count = 0;
const fresh = (): string => join(root, `n${count++}`);

const hostile: Readonly<Record<string, readonly Entry[]>> = {
  'a path upwards': [{ name: '../evil', content: 'x' }],
  'a path upwards in the middle': [folder('a'), { name: 'a/../../evil', content: 'x' }],
  'an absolute path': [{ name: '/tmp/evil', content: 'x' }],
  'a path with a dot': [{ name: './evil', content: 'x' }],
  'an empty name': [{ name: 'a//b', content: 'x' }],
  'the root itself': [folder('.'), { name: 'a', content: 'x' }],
  'an absolute link': [linkTo('a', '/etc')],
  'a link upwards': [linkTo('a', '../..')],
  'a link that goes down and up': [folder('a'), linkTo('b', 'a/../..')],
  'a file through a link': [folder('a'), linkTo('b', 'a'), { name: 'b/evil', content: 'x' }],
  'a folder over a link': [linkTo('b', 'c'), folder('b')],
  'a file over a link': [linkTo('b', 'c'), { name: 'b', content: 'x' }],
  'a file twice': [
    { name: 'a', content: 'x' },
    { name: 'a', content: 'y' },
  ],
  'a folder twice': [folder('a'), folder('a/')],
  'a file without its folder': [{ name: 'a/b', content: 'x' }],
  'a hard link': [{ name: 'a', type: 'link', linkname: '/etc/passwd' }],
  'a device': [{ name: 'a', type: 'character-device', devmajor: 1, devminor: 3 }],
  'a pipe': [{ name: 'a', type: 'fifo' }],
  'a path that is too long': [folder('a'), { name: `a/${'b'.repeat(300)}`, content: 'x' }],
  nothing: [],
};

for (const [what, entries] of Object.entries(hostile)) {
  test(`an archive with ${what} is refused, and nothing is written`, async () => {
    const inside = fresh();
    const store = artifactStore(join(inside, 'store'));
    const bytes = await archive(
      [{ name: 'first', content: 'fine' }, ...entries].slice(what === 'nothing' ? 1 : 0),
    );
    await assert.rejects(store.put(digestOf(bytes), inChunks(bytes)), (e) => isProblem(e, 'BUNDLE_UNSAFE'));
    assert.deepEqual(await treeOf(inside), { store: '/' });
    assert.deepEqual(await store.list(), []);
  });
}

test('archives beyond the limits are refused', async () => {
  const store = artifactStore(fresh(), { limits: { entries: 2, bytes: 10 } });
  const refused = (error: unknown): boolean => isProblem(error, 'BUNDLE_UNSAFE');
  const many = await archive([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
  await assert.rejects(store.put(digestOf(many), inChunks(many)), refused);
  const large = await archive([
    { name: 'a', content: '123456' },
    { name: 'b', content: '12345' },
  ]);
  await assert.rejects(store.put(digestOf(large), inChunks(large)), refused);
});

test('no archive, however it is damaged or made, writes outside or under another digest', async () => {
  const inside = fresh();
  const store = artifactStore(join(inside, 'store'));
  const good = await archive([folder('a'), { name: 'a/b', content: 'x'.repeat(2000) }, linkTo('c', 'a/b')]);
  const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      flips,
      fc.integer({ min: 1, max: good.length }),
      fc.boolean(),
      async (changes, length, honest) => {
        const bytes = Buffer.from(good.subarray(0, length));
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        const digest = honest ? digestOf(bytes) : digestOf(good);
        const failure = await store.put(digest, inChunks(bytes, 700)).catch((error: unknown) => error);
        const isSame = digestOf(bytes) === digest;
        if (!isSame) assert.ok(failure, 'other bytes than announced are never accepted');
        if (failure)
          assert.ok(
            ['BUNDLE_UNSAFE', 'ARTIFACT_MISMATCH'].some((code) =>
              isProblem(failure, code as 'BUNDLE_UNSAFE'),
            ),
            String(failure),
          );
        assert.deepEqual(await readdir(inside), ['store']);
        if (!failure) await store.remove(digest);
        assert.deepEqual(await readdir(join(inside, 'store')), []);
      },
    ),
    { numRuns: 120 },
  );
});
