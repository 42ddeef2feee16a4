import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inspect } from 'node:util';
import { isProblem } from '../../errors.ts';
import { openVault } from './vault.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-vault-'));
after(() => rm(root, { recursive: true, force: true }));
const folder = (name: string): string => join(root, name);
const revision = '1234567.89abcdef';

test('values are opened as they were put, until they are forgotten', async () => {
  const vault = await openVault(folder('kept'));
  const values = { DATABASE_URL: 'postgres://u:geheim@h/d', EMPTY: '' };
  await vault.put(revision, values);
  assert.deepEqual(await vault.open(revision), values);
  const [listed, ...others] = await vault.list();
  assert.deepEqual([listed?.revision, others], [revision, []]);
  assert.ok(Math.abs((listed?.at ?? 0) - Date.now()) < 60_000);
  await vault.forget(revision);
  await vault.forget(revision);
  assert.deepEqual(await vault.list(), []);
  await assert.rejects(vault.open(revision), (e) => isProblem(e, 'REVISION_MISSING'));
});

test('the folder is 0700 and every file in it 0600', async () => {
  const vault = await openVault(folder('modes'));
  await vault.put(revision, { A: 'b' });
  assert.equal((await stat(folder('modes'))).mode & 0o777, 0o700);
  assert.deepEqual((await readdir(folder('modes'))).sort(), [`${revision}.json`, 'key']);
  for (const name of await readdir(folder('modes'))) {
    assert.equal((await stat(join(folder('modes'), name))).mode & 0o777, 0o600, name);
  }
});

test('equal values have equal signatures in one vault, and others in another', async () => {
  const [vault, other] = await Promise.all([openVault(folder('one')), openVault(folder('two'))]);
  const signed = await vault.sign({ A: '1', B: '2' });
  assert.match(signed, /^[0-9a-f]{64}$/);
  assert.equal(await vault.sign({ B: '2', A: '1' }), signed);
  assert.notEqual(await vault.sign({ A: '2', B: '1' }), signed);
  assert.notEqual(await other.sign({ A: '1', B: '2' }), signed);
  assert.equal(await (await openVault(folder('one'))).sign({ A: '1', B: '2' }), signed);
});

test('two that open a new vault at once have the same key', async () => {
  const vaults = await Promise.all(Array.from({ length: 4 }, () => openVault(folder('race'))));
  const signatures = new Set(await Promise.all(vaults.map((vault) => vault.sign({ A: '1' }))));
  assert.equal(signatures.size, 1);
});

test('what a crash cut short is removed, what is being written is not', async () => {
  await openVault(folder('leftovers'));
  const [old, young] = [join(folder('leftovers'), '.0123.tmp'), join(folder('leftovers'), '.4567.tmp')];
  await writeFile(old, 'geheim');
  await writeFile(young, 'geheim');
  await utimes(old, 1, 1);
  await openVault(folder('leftovers'));
  assert.deepEqual((await readdir(folder('leftovers'))).sort(), ['.4567.tmp', 'key']);
});

test('a damaged file is named, and nothing of its content is told', async () => {
  const vault = await openVault(folder('damaged'));
  await vault.put(revision, { A: 'geheim' });
  await writeFile(join(folder('damaged'), `${revision}.json`), 'geheim{');
  const error = await vault.open(revision).catch((e: unknown) => e);
  assert.ok(isProblem(error, 'STATE_UNUSABLE'));
  assert.ok(!inspect(error, { depth: 9 }).includes('geheim'));
});

test('a key of another length is refused rather than replaced', async () => {
  await openVault(folder('short'));
  const path = join(folder('short'), 'key');
  await writeFile(path, 'short');
  await assert.rejects(openVault(folder('short')), (e) => isProblem(e, 'STATE_UNUSABLE'));
  assert.equal(await readFile(path, 'utf8'), 'short');
});

test('a name that is no revision never becomes a path', async () => {
  const vault = await openVault(folder('names'));
  for (const name of ['../key', 'key/../../x', '', '.hidden', 'a/b', 'a\0b']) {
    await assert.rejects(vault.put(name, {}), name);
    await assert.rejects(vault.open(name), name);
  }
});
