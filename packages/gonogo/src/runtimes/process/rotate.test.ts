import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { rotate } from './rotate.ts';

const rotation = { bytes: 1000, files: 3 };

async function output(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-rotate-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'web.log');
}

test('a file is rotated when it is larger than it may be, and its writer goes on at the start', async (t) => {
  const path = await output(t);
  await writeFile(path, 'a'.repeat(1000));
  assert.equal(await rotate(path, rotation), false);
  await appendFile(path, 'b');
  assert.equal(await rotate(path, rotation), true);
  assert.equal((await stat(path)).size, 0);
  assert.match(await readFile(`${path}.1`, 'utf8'), /^a+b$/);
  assert.equal((await stat(`${path}.1`)).mode & 0o777, 0o600);
});

test('however often it is rotated and however much was printed, no more and nothing larger is kept', async (t) => {
  const path = await output(t);
  for (let round = 0; round < 8; round++) {
    await appendFile(path, `${String(round).repeat(5000)}`);
    await rotate(path, rotation);
  }
  const kept = (await readdir(join(path, '..'))).sort();
  assert.deepEqual(kept, ['web.log', 'web.log.1', 'web.log.2', 'web.log.3']);
  for (const [n, round] of ['7', '6', '5'].entries())
    assert.equal(await readFile(`${path}.${n + 1}`, 'utf8'), round.repeat(2000));
});

test('what is not there any more is not rotated', async (t) => {
  assert.equal(await rotate(await output(t), rotation), false);
});

test('on a full disk nothing is lost, however often it is tried', async (t) => {
  const path = await output(t);
  for (const text of ['1', '2', '3', '4']) {
    await appendFile(path, text.repeat(2000));
    await rotate(path, rotation);
  }
  await appendFile(path, '5'.repeat(2000));
  for (let attempt = 0; attempt < 3; attempt++) {
    await symlink('/dev/full', `${path}.1.tmp`);
    await assert.rejects(rotate(path, rotation), { code: 'ENOSPC' });
  }
  assert.equal(await readFile(path, 'utf8'), '5'.repeat(2000));
  for (const [n, text] of ['4', '3', '2'].entries())
    assert.equal(await readFile(`${path}.${n + 1}`, 'utf8'), text.repeat(2000));
  assert.equal((await readdir(join(path, '..'))).length, 4, 'and no half copy takes room');
});
