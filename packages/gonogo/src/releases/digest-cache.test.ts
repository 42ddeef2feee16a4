import assert from 'node:assert/strict';
import { lstatSync } from 'node:fs';
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { packBundle } from './bundle.ts';
import { openDigestCache } from './digest-cache.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-digests-'));
after(() => rm(root, { recursive: true, force: true }));

const path = join(root, 'file');
const look = () => lstatSync(path, { bigint: true });
const later = (): number => Date.now() + 10_000;

test('a hash is remembered for a file that looks the same, and forgotten for one that was written to', async () => {
  await writeFile(path, 'one');
  const cache = await openDigestCache(join(root, 'cache'));
  assert.equal(cache.get('file', look()), undefined);
  cache.set('file', look(), { hash: 'h', readAt: later() });
  await cache.save();
  const again = await openDigestCache(join(root, 'cache'));
  assert.equal(again.get('file', look()), 'h');
  assert.equal(again.get('other', look()), undefined);
  const { atime, mtime } = await stat(path);
  await writeFile(path, 'two');
  await utimes(path, atime, mtime);
  assert.equal(again.get('file', look()), undefined, 'the inode changed, though size and mtime did not');
});

test('a file that was written just now is read again the next time', async () => {
  await writeFile(path, 'one');
  const cache = await openDigestCache(join(root, 'fresh'));
  cache.set('file', look(), { hash: 'h', readAt: Date.now() });
  await cache.save();
  assert.equal((await openDigestCache(join(root, 'fresh'))).get('file', look()), undefined);
});

test('a damaged cache is as good as none', async () => {
  const from = await mkdtemp(join(root, 'from-'));
  await writeFile(join(from, 'a'), 'one');
  const { digest } = await packBundle({ from });
  for (const damage of ['', 'no JSON', '{"v":2,"files":{}}', '{"v":1}', 'null', '{"v":1,"files":{"a":7}}']) {
    const cache = join(root, 'damaged');
    await writeFile(cache, damage);
    assert.equal((await packBundle({ from, cache })).digest, digest, damage);
  }
});
