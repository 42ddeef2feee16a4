import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { type ProcessHost, processHost } from '../../../../../test/suites/process-host.ts';
import { ask, never, server, theOne, webPool } from '../../../../../test/suites/runtime-tools.ts';
import type { PoolSpec } from '../../ports/runtime.ts';

let host: ProcessHost;
before(async () => {
  host = await processHost();
});
afterEach(() => host.runtime.remove(webPool, 2000));
after(() => host.close());

const apply = (spec: PoolSpec): Promise<void> => host.runtime.apply(spec, 1, never());

/** Adds a line to a file beside itself and to one under its working folder; answers what both hold. */
const uploader = `
const fs = require('node:fs'), path = require('node:path');
fs.appendFileSync(path.join(__dirname, 'uploads', 'by-path.txt'), process.env.GONOGO_RELEASE + '\\n');
fs.appendFileSync('data/db/by-cwd.txt', process.env.GONOGO_RELEASE + '\\n');
require('node:http').createServer((request, response) => response.end(JSON.stringify({ pid: process.pid, cwd: process.cwd(), env: {
  path: fs.readFileSync('uploads/by-path.txt', 'utf8'), cwd: fs.readFileSync(path.join(__dirname, 'data/db/by-cwd.txt'), 'utf8'),
  static: fs.readFileSync('data/static.txt', 'utf8') } })))
  .listen(Number(process.env.PORT), process.env.HOST);
`;

test('shared folders outlive releases, by the working folder and by the path of the program alike', async () => {
  const wish = { run: { shared: ['uploads', 'data/db'] } };
  const [first, second] = [
    await host.release('v1', uploader, wish),
    await host.release('v2', uploader, { ...wish, revision: '2.2' }),
  ];
  for (const spec of [first, second]) {
    await mkdir(join(spec.artifact, 'data'), { recursive: true });
    await writeFile(join(spec.artifact, 'data/static.txt'), 'from the release');
  }
  await apply(first);
  await ask(await theOne(host.runtime));
  await apply(second);
  const { env } = await ask(await theOne(host.runtime));
  assert.deepEqual(env.path?.trim().split('\n').length, 2);
  assert.equal(env.path, env.cwd);
  assert.equal(env.static, 'from the release');
  assert.equal(existsSync(join(second.artifact, 'uploads')), false, 'the release itself is not touched');
});

test('a shared folder outside the release is refused', async () => {
  const spec = await host.release('escape', uploader, { run: { shared: ['../elsewhere'] } });
  await assert.rejects(apply(spec), { code: 'SHARED_UNSAFE' });
});

test('an instance runs as another user, who can read the release and write the shared folder', async (t) => {
  if (process.getuid?.() !== 0) {
    assert.notEqual(process.env.GONOGO_REQUIRE, 'all', 'this needs root');
    return t.skip('only root can become another user');
  }
  const user = 'nobody';
  const script = `
    const fs = require('node:fs');
    fs.writeFileSync('uploads/mine.txt', 'x');
    let changed = false;
    try { fs.appendFileSync(__filename, '//'); changed = true; } catch {}
    require('node:http').createServer((request, response) => response.end(JSON.stringify({ pid: process.pid, cwd: process.cwd(),
      env: { uid: String(process.getuid()), groups: String(process.getgroups()), changed: String(changed) } })))
      .listen(Number(process.env.PORT), process.env.HOST);`;
  await apply(await host.release('other-user', script, { run: { user, shared: ['uploads'] } }));
  const { env } = await ask(await theOne(host.runtime));
  const own = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${user}:`))
    ?.split(':')[2];
  assert.equal(env.uid, own);
  assert.equal(env.changed, 'false');
  assert.doesNotMatch(env.groups ?? '', /(^|,)0(,|$)/);
});

test('a user that does not exist is named', async () => {
  const spec = await host.release('no-user', server, { run: { user: 'nobody-of-that-name' } });
  await assert.rejects(apply(spec), { code: 'USER_UNKNOWN' });
});
