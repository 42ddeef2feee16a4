import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { lacking } from '../../../../test/require.ts';
import { isProblem } from '../errors.ts';
import { packBundle } from './bundle.ts';
import { digestOf, file, folder, inChunks, shipment, treeOf } from './fixture/shipment.ts';
import { sendBundle } from './send.ts';
import { removeTree } from './settle.ts';
import { bundleStore } from './store.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-artifacts-'));
after(() => removeTree(root));

let count = 0;
const fresh = (): string => join(root, `n${count++}`);

const name = fc.oneof(
  fc.constantFrom('a', 'b', 'B', 'ä', '日本', 'with space', '[id]', '-x', 'a.js', 'x'.repeat(120)),
  fc.stringMatching(/^[a-z0-9_-]{1,12}$/),
);
const node = fc.record({
  path: fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/')),
  content: fc.string({ maxLength: 600 }),
  is: fc.constantFrom('file', 'file', 'program', 'folder', 'link'),
});

/** Writes what fits together; an entry that another one is in the way of is left out. */
async function plant(
  folder: string,
  nodes: readonly { path: string; content: string; is: string }[],
): Promise<void> {
  await mkdir(folder);
  for (const { path, content, is } of nodes) {
    const at = join(folder, path);
    try {
      await mkdir(dirname(at), { recursive: true });
      if (is === 'folder') await mkdir(at);
      else if (is === 'link') await symlink(`./${path.split('/').at(-1)}-target`, at);
      else await writeFile(at, content, { flag: 'wx', mode: is === 'program' ? 0o755 : 0o644 });
    } catch (error) {
      assert.match(String((error as NodeJS.ErrnoException).code), /EEXIST|ENOTDIR|ENOENT/);
    }
  }
}

test('what is packed and unpacked is the same tree, and packing that again is the same digest', async () => {
  const store = bundleStore(fresh());
  await fc.assert(
    fc.asyncProperty(fc.array(node, { minLength: 1, maxLength: 12 }), async (nodes) => {
      const from = fresh();
      await plant(from, [...nodes, { path: 'there', content: 'is always one', is: 'file' }]);
      const bundle = await packBundle({ from });
      await store.put(bundle.digest, sendBundle(bundle, await store.lacking(bundle.digest, bundle.index)));
      const folder = await store.locate({ kind: 'bundle', digest: bundle.digest });
      assert.deepEqual(await treeOf(folder), await treeOf(from));
      const again = await packBundle({ from: folder });
      assert.equal(again.digest, bundle.digest);
      await removeTree(from);
    }),
    { numRuns: 40 },
  );
});

test('the digest does not depend on the order in which files were made', async () => {
  const files = fc.uniqueArray(fc.stringMatching(/^[a-zA-Z0-9._-]{1,10}x$/), { minLength: 1, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(
      files.chain((names) =>
        fc.tuple(fc.constant(names), fc.shuffledSubarray(names, { minLength: names.length })),
      ),
      async (orders) => {
        const digests = await Promise.all(
          orders.map(async (names) => {
            const from = fresh();
            await plant(
              from,
              names.map((path) => ({ path, content: path, is: 'file' })),
            );
            const bundle = await packBundle({ from });
            await removeTree(from);
            return bundle.digest;
          }),
        );
        assert.equal(digests[0], digests[1]);
      },
    ),
    { numRuns: 25 },
  );
});

test('bytes that are others than announced are thrown away', async () => {
  const at = fresh();
  const store = bundleStore(at);
  const { digest, bytes } = shipment([file('a', 'secret sauce')]);
  const swapped = Buffer.from(bytes.toString('utf8').replace('secret sauce', 'another one!'));
  for (const [sent, as] of [
    [bytes, digestOf('other')],
    [swapped, digest],
  ] as const)
    await assert.rejects(store.put(as, inChunks(sent)), (e) => isProblem(e, 'ARTIFACT_MISMATCH'));
  assert.deepEqual(await readdir(at), []);
});

test('a sender that goes away is told apart from a broken disk, and leaves nothing', async () => {
  const at = fresh();
  const store = bundleStore(at);
  const { digest, bytes } = shipment([file('a', 'x'.repeat(5000))]);
  async function* cut(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 2000);
    throw Object.assign(new Error('the connection was reset'), { code: 'ECONNRESET' });
  }
  await assert.rejects(store.put(digest, cut()), (e) => isProblem(e, 'ARTIFACT_INCOMPLETE'));
  await assert.rejects(store.put(digest, inChunks(bytes.subarray(0, 2000))), (e) =>
    isProblem(e, 'ARTIFACT_INCOMPLETE'),
  );
  assert.deepEqual(await readdir(at), []);
});

test('an artifact is read-only: files 0444 or 0555, folders 0555', async () => {
  const store = bundleStore(fresh());
  const { digest, bytes } = shipment([folder('a'), file('a/b'), file('c', 'x', 'program')]);
  await store.put(digest, inChunks(bytes));
  const at = await store.locate({ kind: 'bundle', digest });
  const mode = async (path: string): Promise<string> =>
    ((await stat(join(at, path))).mode & 0o7777).toString(8);
  assert.deepEqual(await Promise.all(['.', 'a', 'a/b', 'c'].map(mode)), ['555', '555', '444', '555']);
});

test('the same artifact put many times at once is there once; a later put does not read its bytes', async () => {
  const store = bundleStore(fresh());
  const { digest, bytes } = shipment([folder('a'), file('a/b')]);
  await Promise.all(Array.from({ length: 5 }, () => store.put(digest, inChunks(bytes, 100))));
  assert.deepEqual(await store.list(), [digest]);
  async function* never(): AsyncGenerator<Uint8Array> {
    yield bytes;
    assert.fail('it was read');
  }
  await store.put(digest, never());
  await store.verify({ kind: 'bundle', digest });
});

test('an artifact that is not here is named; removing makes it so, twice as well', async () => {
  const at = fresh();
  const store = bundleStore(at);
  const { digest, bytes } = shipment([folder('a'), file('a/b')]);
  assert.equal(await store.has(digest), false);
  await store.put(digest, inChunks(bytes));
  await store.remove([digest]);
  await store.remove([digest]);
  assert.deepEqual(await readdir(at), ['contents']);
  for (const use of [store.locate, store.verify])
    await assert.rejects(use({ kind: 'bundle', digest }), (e) => isProblem(e, 'ARTIFACT_MISSING'));
  for (const odd of ['../x', 'sha256:../../x', `sha256:${'A'.repeat(64)}`, '']) {
    await assert.rejects(store.locate({ kind: 'bundle', digest: odd }), odd);
  }
});

test('what a crash left behind is removed by the next process, what a living one does is not', async () => {
  const at = fresh();
  await mkdir(join(at, '.unfinished-4194304-1-abcdef', 'read-only'), { recursive: true });
  await chmod(join(at, '.unfinished-4194304-1-abcdef', 'read-only'), 0o555);
  const living = (await readFile('/proc/self/stat', 'utf8')).split(') ')[1]?.split(' ')[19];
  await mkdir(join(at, `.unfinished-${process.pid}-${living}-abcdef`));
  await bundleStore(at).list();
  assert.deepEqual(await readdir(at), [`.unfinished-${process.pid}-${living}-abcdef`]);
});

const inTmpfs = (folder: string): string[] => [
  ...['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'],
  ...['mount -t tmpfs -o size=1m none "$0" && exec "$@"', folder],
];
function cannotMount(): string | false {
  const [command = '', ...args] = [...inTmpfs(root), 'true'];
  if (spawnSync(command, args).status === 0) return false;
  return lacking('unshare(1) and the right to mount a tmpfs');
}

test('a full disk is DISK_FULL, and nothing is left behind', {
  skip: cannotMount(),
}, async () => {
  const { digest, bytes } = shipment([folder('a'), file('a/b', 'x'.repeat(3 * 1024 * 1024))]);
  const sent = fresh();
  await writeFile(sent, bytes);
  const mount = fresh();
  await mkdir(mount);
  const program = `
      const { bundleStore } = await import(${JSON.stringify(new URL('./store.ts', import.meta.url).href)});
      const { createReadStream, readdirSync, statfsSync } = await import('node:fs');
      const [file, mount, digest] = process.argv.slice(1);
      const error = await bundleStore(mount).put(digest, createReadStream(file)).catch((e) => e);
      const { bfree, blocks } = statfsSync(mount);
      console.log(JSON.stringify({ code: error?.code, message: error?.message, left: readdirSync(mount), used: blocks - bfree }));`;
  const [command = '', ...args] = [...inTmpfs(mount), process.execPath, '--input-type=module', '-e', program];
  const ran = spawnSync(command, [...args, sent, mount, digest], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(ran.status, 0, ran.stderr);
  const told = JSON.parse(ran.stdout) as { code: string; message: string; left: string[]; used: number };
  assert.equal(told.code, 'DISK_FULL');
  assert.ok(told.message.includes(mount));
  assert.deepEqual(told.left, []);
  await rm(sent);
});
