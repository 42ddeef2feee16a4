import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, link, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { isProblem, type Problem } from '../errors.ts';
import { type BundleSource, packBundle } from './bundle.ts';

const root = await mkdtemp(join(tmpdir(), 'gonogo-packing-'));
after(() => rm(root, { recursive: true, force: true }));

let folders = 0;
/** A folder with these files; a name that ends with `/` is a folder. */
async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const from = join(root, `p${folders++}`);
  await mkdir(from);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(from, path)), { recursive: true });
    if (path.endsWith('/')) await mkdir(join(from, path), { recursive: true });
    else await writeFile(join(from, path), content);
  }
  return from;
}

const digestOf = async (source: BundleSource): Promise<string> => (await packBundle(source)).digest;

/** The paths of what is in it. */
const listed = async (source: BundleSource): Promise<string[]> =>
  (await packBundle(source)).entries.map(({ path }) => path);

const refused =
  (code: 'BUNDLE_UNSAFE' | 'BUNDLE_EMPTY' | 'BUILD_FAILED', text: RegExp) => (error: unknown) => {
    assert.ok(isProblem(error, code), String(error));
    assert.match(error.message, text);
    return true;
  };

const golden = { 'a.txt': 'one', 'b/c.js': 'two', 'b/empty/': '', 'ä/ü.txt': 'three', 'b.txt': 'four' };

test('the digest of a known folder is always this one', async () => {
  const from = await project(golden);
  await chmod(join(from, 'b/c.js'), 0o755);
  await symlink('../a.txt', join(from, 'b/link'));
  assert.equal(
    await digestOf({ from }),
    'sha256:a1d090ec39b53720e4afa458b7893bf884925e8da76e47d6a365c1454360fd69',
  );
});

test('order of creation, times, group and other modes and hard links do not change the digest', async () => {
  const from = await project(golden);
  const digest = await digestOf({ from });
  const again = await project(Object.fromEntries(Object.entries(golden).reverse()));
  await chmod(join(again, 'a.txt'), 0o600);
  await chmod(join(again, 'b'), 0o700);
  await utimes(join(again, 'b.txt'), 1, 2);
  await rename(join(again, 'b.txt'), join(again, 'tmp'));
  await link(join(again, 'tmp'), join(again, 'b.txt'));
  await rm(join(again, 'tmp'));
  assert.equal(await digestOf({ from: again }), digest);
  await writeFile(join(again, 'b.txt'), 'FOUR');
  assert.notEqual(await digestOf({ from: again }), digest);
});

test('the executable bit of the owner is part of the digest', async () => {
  const from = await project({ 'run.sh': '#!/bin/sh' });
  const before = await digestOf({ from });
  await chmod(join(from, 'run.sh'), 0o744);
  assert.notEqual(await digestOf({ from }), before);
});

test('a bundle says how large it is, and names each file by its content', async () => {
  const bundle = await packBundle({ from: await project(golden) });
  assert.equal(bundle.bytes, 'onetwothreefour'.length);
  assert.equal(bundle.entries.length, 7);
  assert.equal(bundle.digest, `sha256:${createHash('sha256').update(bundle.index).digest('hex')}`);
});

const whole = {
  'dist/server.js': '1',
  'dist/.well-known/x': '1',
  'dist/.env': 'SECRET=geheim',
  'package.json': '{}',
  'gonogo.yaml': 'service: x',
  '.env': 'SECRET=geheim',
  '.env.production': 'SECRET=geheim',
  '.git/config': '',
  'node_modules/a/index.js': '1',
  'node_modules/.cache/x': '1',
  'sub/gonogo.yaml': 'of somebody else',
};

test('by default everything is packed but history, caches, env files, gonogo.yaml and gonogo’s state', async () => {
  const from = await project({ ...whole, 'state/journal.db': '' });
  assert.deepEqual(await listed({ from, never: [join(from, 'state'), join(from, 'none')] }), [
    'dist',
    'dist/.well-known',
    'dist/.well-known/x',
    'dist/server.js',
    'node_modules',
    'node_modules/a',
    'node_modules/a/index.js',
    'package.json',
    'sub',
    'sub/gonogo.yaml',
  ]);
});

test('include takes files, whole folders and globs, with the folders they lie in', async () => {
  const from = await project({ ...whole, 'src/a/one.js': '', 'src/b/c/two.js': '', 'src/b/three.ts': '' });
  assert.deepEqual(await listed({ from, include: ['./package.json', 'src/**/*.js'] }), [
    'package.json',
    'src',
    'src/a',
    'src/a/one.js',
    'src/b',
    'src/b/c',
    'src/b/c/two.js',
  ]);
  const folder = await digestOf({ from, include: ['dist'] });
  for (const same of ['dist/', 'dist/**', './dist', 'd?st', 'dis*']) {
    assert.equal(await digestOf({ from, include: [same] }), folder, same);
  }
  assert.ok(!(await listed({ from, include: ['dist'] })).includes('dist/.env'));
});

test('an env file is packed only where it is named', async () => {
  const from = await project(whole);
  assert.deepEqual(await listed({ from, include: ['.env.production'] }), ['.env.production']);
  assert.deepEqual(
    await listed({ from, include: ['*'] }),
    await listed({ from, include: ['dist', 'node_modules', 'package.json', 'sub', 'gonogo.yaml'] }),
  );
});

test('an entry that names nothing is refused, because what it should name would be missing', async () => {
  const from = await project({ 'package.json': '{}', 'empty/': '' });
  await assert.rejects(
    packBundle({ from, include: ['package.json', 'dist'] }),
    refused('BUNDLE_EMPTY', /\(dist\)/),
  );
  await assert.rejects(packBundle({ from, include: ['*.js'] }), refused('BUNDLE_EMPTY', /\*\.js/));
  await assert.rejects(packBundle({ from, include: ['empty'] }), refused('BUNDLE_EMPTY', /empty/));
});

test('nothing outside of the folder can be named', async () => {
  const from = await project({ 'a/b': '' });
  for (const entry of ['../x', 'a/../../x', '/etc/passwd']) {
    await assert.rejects(packBundle({ from, include: [entry] }), refused('BUNDLE_UNSAFE', /./), entry);
  }
  await symlink('/etc', join(from, 'etc'));
  await assert.rejects(
    packBundle({ from, include: ['etc/hostname'] }),
    refused('BUNDLE_UNSAFE', /symbolic link/),
  );
});

test('symbolic links that stay inside are kept, others refused by name', async () => {
  const bad = ['/etc/passwd', '../../etc', '..', 'a/../b', 'a/..'];
  for (const target of bad) {
    const from = await project({ 'a/b': '' });
    await symlink(target, join(from, 'link'));
    await assert.rejects(packBundle({ from }), refused('BUNDLE_UNSAFE', /^link /), target);
  }
  const from = await project({ 'a/b': '' });
  await symlink('../a/b', join(from, 'a', 'up'));
  await symlink('./missing', join(from, 'dangling'));
  assert.deepEqual(await listed({ from }), ['a', 'a/b', 'a/up', 'dangling']);
});

test('what is no file, and names that are not UTF-8, are refused', async () => {
  const from = await project({ a: '' });
  execFileSync('mkfifo', [join(from, 'pipe')]);
  await assert.rejects(packBundle({ from }), refused('BUNDLE_UNSAFE', /^pipe /));
  const other = await project({ a: '' });
  await writeFile(Buffer.concat([Buffer.from(`${other}/`), Buffer.from([0xff, 0xfe])]), '');
  await assert.rejects(packBundle({ from: other }), refused('BUNDLE_UNSAFE', /UTF-8/));
});

test('a folder that is missing is named', async () => {
  await assert.rejects(
    packBundle({ from: join(root, 'none') }),
    refused('BUNDLE_UNSAFE', /none .*no such folder/),
  );
});

test('long names come through', async () => {
  const long = `${'d'.repeat(120)}/${'n'.repeat(200)}.js`;
  assert.ok((await listed({ from: await project({ [long]: 'x' }) })).includes(long));
});

const node = (code: string): string[] => [process.execPath, '-e', code];

test('the build runs first, in the folder and with the environment it is given', async () => {
  const from = await project({ 'package.json': '{}' });
  const build = node("require('fs').writeFileSync('built.txt', process.env.WHAT); console.log('building')");
  let heard = '';
  const onOutput = (text: string): void => {
    heard += text;
  };
  assert.deepEqual(await listed({ from, build, env: { WHAT: 'it' }, onOutput }), [
    'built.txt',
    'package.json',
  ]);
  assert.match(heard, /building/);
});

test('a build that fails says how, with its last lines', async () => {
  const from = await project({ a: '' });
  const build = node("for (let i = 0; i < 500; i++) console.error('line ' + i); process.exitCode = 3");
  await assert.rejects(packBundle({ from, build }), (error) => {
    const { message } = error as Problem;
    return (
      refused('BUILD_FAILED', /ended with 3/)(error) &&
      message.endsWith('line 499') &&
      !message.includes('line 400\n')
    );
  });
  await assert.rejects(
    packBundle({ from, build: ['no-such-command'] }),
    refused('BUILD_FAILED', /no such command/),
  );
  await assert.rejects(
    packBundle({ from, build: node("process.kill(process.pid, 'SIGTERM')") }),
    refused('BUILD_FAILED', /SIGTERM/),
  );
});

test('a build that is aborted leaves no bundle', async () => {
  const from = await project({ a: '' });
  const signal = AbortSignal.timeout(300);
  await assert.rejects(packBundle({ from, build: node('setInterval(() => {}, 1000)'), signal }), {
    name: 'TimeoutError',
  });
});
