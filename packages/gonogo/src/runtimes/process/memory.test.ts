import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { lacking } from '../../../../../test/require.ts';
import { eventually } from '../../../../../test/suites/eventually.ts';
import { processHost } from '../../../../../test/suites/process-host.ts';
import { ask, never, theOne } from '../../../../../test/suites/runtime-tools.ts';

/** The folder of memory control groups, and the file of a group's limit: version 2, or 1 (cgroups(7)). */
const groups = existsSync('/sys/fs/cgroup/memory')
  ? { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' }
  : { root: '/sys/fs/cgroup', limit: 'memory.max' };

const skip =
  process.getuid?.() === 0 && existsSync(groups.root) ? false : lacking('root, and memory control groups');

const greedy = `require('node:http').createServer((request, response) => {
  if (request.url === '/eat') for (const all = []; ; ) all.push(Buffer.alloc(8 << 20, 1));
  response.end('{"pid":0,"env":{},"cwd":""}');
}).listen(process.env.PORT, process.env.HOST);`;

test('an instance that the kernel kills for want of memory says so', { skip }, async (t) => {
  const host = await processHost();
  t.after(() => host.close());
  await host.runtime.apply(await host.release('greedy', greedy), 1, never());
  const instance = await theOne(host.runtime);
  await ask(instance);
  assert.ok(instance.state.is === 'running');
  const group = join(groups.root, `gonogo-test-${randomBytes(4).toString('hex')}`);
  await mkdir(group);
  t.after(() => rmdir(group));
  await writeFile(join(group, groups.limit), String(96 << 20));
  await writeFile(join(group, 'cgroup.procs'), String(instance.state.pid));
  await fetch(`http://${instance.host}:${instance.port}/eat`).catch(() => undefined); // It is killed before it answers.
  const ended = await eventually('its end', async () => {
    const { state } = await theOne(host.runtime);
    return state.is === 'ended' && state;
  });
  assert.deepEqual([ended.signal, ended.outOfMemory], ['SIGKILL', 'limit']);
});
