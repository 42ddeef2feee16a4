import assert from 'node:assert/strict';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { isProblem } from '../errors.ts';
import {
  type Entry,
  file,
  folder,
  hashOf,
  inChunks,
  linkTo,
  type Shipment,
  shipment,
  treeOf,
} from './fixture/shipment.ts';
import { removeTree } from './settle.ts';
import { bundleStore } from './store.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-hostile-'));
after(() => removeTree(root));

let count = 0;
const fresh = (): string => join(root, `n${count++}`);

const hash = hashOf('x');

const hostile: Readonly<Record<string, readonly Entry[]>> = {
  'a path upwards': [file('../evil')],
  'a path upwards in the middle': [folder('a'), file('a/../../evil')],
  'an absolute path': [file('/tmp/evil')],
  'a path with a dot': [file('./evil')],
  'an empty name': [file('a//b')],
  'the root itself': [folder('.'), file('a')],
  'no name': [file('')],
  'a name with a NUL': [file('a\0b')],
  'half a character in a name': [{ line: ['file', 'a\ud800', 1, hash], content: 'x' }],
  'an absolute link': [linkTo('a', '/etc')],
  'a link upwards': [linkTo('a', '../..')],
  'a link that goes down and up': [folder('a'), linkTo('b', 'a/../..')],
  'a file through a link': [folder('a'), linkTo('b', 'a'), file('b/evil')],
  'a folder over a link': [linkTo('b', 'c'), folder('b')],
  'a file over a link': [linkTo('b', 'c'), file('b')],
  'a file twice': [file('a', 'x'), file('a', 'y')],
  'a folder twice': [folder('a'), folder('a')],
  'a file without its folder': [file('a/b')],
  'an unknown kind': [{ line: ['device', 'a', 1, hash], content: 'x' }],
  'a path that is a number': [{ line: ['folder', 7] }],
  'a hash that is a path': [{ line: ['file', 'a', 1, '../../../../etc/passwd'] }],
  'a negative size': [{ line: ['file', 'a', -1, hash] }],
  'more in a line than belongs there': [{ line: ['file', 'a', 1, hash, 'more'], content: 'x' }],
  'a path that is too long': [folder('a'), file(`a/${'b'.repeat(300)}`)],
  nothing: [],
};

for (const [what, entries] of Object.entries(hostile)) {
  test(`a bundle with ${what} is refused, and nothing is written`, async () => {
    const inside = fresh();
    const store = bundleStore(join(inside, 'store'));
    const { digest, bytes } = shipment([file('first', 'fine'), ...entries].slice(what === 'nothing' ? 1 : 0));
    await assert.rejects(store.put(digest, inChunks(bytes)), (e) => isProblem(e, 'BUNDLE_UNSAFE'));
    assert.deepEqual(await treeOf(inside), { store: '/' });
    assert.deepEqual(await store.list(), []);
  });
}

const lineEnd = (bytes: Buffer): number => bytes.indexOf('\n') + 1;

/** The shipment with another first line. */
const announcing = (sent: Shipment, head: unknown): Buffer =>
  Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), sent.bytes.subarray(lineEnd(sent.bytes))]);

test('what announces itself wrongly is refused, and nothing is written', async () => {
  const at = fresh();
  const store = bundleStore(at);
  const good = shipment([file('a', 'one')]);
  const { index } = JSON.parse(good.bytes.toString('utf8').split('\n')[0] ?? '') as { index: number };
  const known = hashOf('one');
  for (const head of [
    null,
    [],
    { index },
    { index: -1, contents: [] },
    { index: 1e12, contents: [] },
    { index, contents: ['../../evil'] },
    { index, contents: [7] },
    { index, contents: [known, known] },
    { index, contents: [hashOf('other')] },
  ])
    await assert.rejects(
      store.put(good.digest, inChunks(announcing(good, head))),
      (e) => isProblem(e, 'BUNDLE_UNSAFE'),
      JSON.stringify(head),
    );
  const more = Buffer.concat([good.bytes, Buffer.from('more')]);
  await assert.rejects(store.put(good.digest, inChunks(more)), (e) => isProblem(e, 'BUNDLE_UNSAFE'));
  const other = shipment([file('a')], { head: '["gonogo bundle",2]' });
  await assert.rejects(store.put(other.digest, inChunks(other.bytes)), (e) => isProblem(e, 'BUNDLE_UNSAFE'));
  assert.deepEqual(await readdir(at), []);
});

test('bundles beyond the limits are refused', async () => {
  const store = bundleStore(fresh(), { limits: { entries: 2, bytes: 10 } });
  const refused = (error: unknown): boolean => isProblem(error, 'BUNDLE_UNSAFE');
  const many = shipment([file('a'), file('b'), file('c')]);
  await assert.rejects(store.put(many.digest, inChunks(many.bytes)), refused);
  const large = shipment([file('a', '123456'), file('b', '12345')]);
  await assert.rejects(store.put(large.digest, inChunks(large.bytes)), refused);
});

test('no shipment, however it is damaged, writes outside or under another digest', async () => {
  const inside = fresh();
  const store = bundleStore(join(inside, 'store'));
  const good = shipment([folder('a'), file('a/b', 'x'.repeat(2000)), linkTo('c', 'a/b')]);
  const flips = fc.array(fc.tuple(fc.nat(good.bytes.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(flips, fc.integer({ min: 1, max: good.bytes.length }), async (changes, length) => {
      const bytes = Buffer.from(good.bytes.subarray(0, length));
      for (const [at, value] of changes) if (at < length) bytes[at] = value;
      const failure = await store.put(good.digest, inChunks(bytes, 700)).catch((error: unknown) => error);
      const codes = ['BUNDLE_UNSAFE', 'ARTIFACT_MISMATCH', 'ARTIFACT_INCOMPLETE'] as const;
      if (failure)
        assert.ok(
          codes.some((code) => isProblem(failure, code)),
          String(failure),
        );
      else assert.ok(bytes.subarray(lineEnd(bytes)).equals(good.bytes.subarray(lineEnd(good.bytes))));
      assert.deepEqual(await readdir(inside), ['store']);
      await store.remove([good.digest]);
      assert.deepEqual(
        (await readdir(join(inside, 'store'))).filter((name) => name !== 'contents'),
        [],
      );
    }),
    { numRuns: 120 },
  );
});
