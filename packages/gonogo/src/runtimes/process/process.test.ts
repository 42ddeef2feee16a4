import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { eventually } from '../../../../../test/suites/eventually.ts';
import { type ProcessHost, processHost } from '../../../../../test/suites/process-host.ts';
import {
  ask,
  instancesOf,
  listens,
  never,
  server,
  target,
  theOne,
  webPool,
} from '../../../../../test/suites/runtime-tools.ts';
import { checkRunner } from '../../checks/run.ts';
import type { PoolSpec } from '../../ports/runtime.ts';
import { identify } from '../../system/process.ts';
import { membersOf } from './group.ts';

let host: ProcessHost;

before(async () => {
  process.env.GONOGO_TEST_CANARY = 'canary-in-our-own-environment';
  host = await processHost({ logs: { bytes: 4096, files: 20, every: 100 } });
});
afterEach(async () => {
  await host.runtime.remove(webPool, 2000);
});
after(async () => {
  await host.close();
});

const apply = (spec: PoolSpec): Promise<void> => host.runtime.apply(spec, 1, never());
const pidOf = async (): Promise<number> => {
  const { state } = await theOne(host.runtime);
  assert.ok(state.is === 'running');
  return state.pid;
};
/** Gone, or a zombie that only waits to be reaped. */
const isGone = (pid: number): boolean => identify(pid) === undefined;

test('nothing of our own environment reaches an instance', async () => {
  await apply(
    await host.release('env', server, {
      values: { TZ: 'Europe/Madrid', GONOGO_SLOT: 'red', API_KEY: 's3cret-value' },
    }),
  );
  const { env } = await ask(await theOne(host.runtime));
  const names = [
    'API_KEY',
    'GONOGO_ADDRESS',
    'GONOGO_ENVIRONMENT',
    'GONOGO_INSTANCE',
    'GONOGO_LAUNCH',
    'GONOGO_RELEASE',
  ];
  names.push(
    'GONOGO_REVISION',
    'GONOGO_SERVICE',
    'GONOGO_SLOT',
    'HOME',
    'HOST',
    'LANG',
    'PATH',
    'PORT',
    'TZ',
  );
  assert.deepEqual(Object.keys(env).sort(), names);
  assert.equal(env.TZ, 'Europe/Madrid', 'the snapshot may replace what is given to everybody');
  assert.equal(env.GONOGO_SLOT, 'blue', 'but not what the runtime says of the instance');
  assert.equal((await stat(env.HOME ?? '')).mode & 0o777, 0o700);
});

test('no secret is written beside the instances', async () => {
  await apply(await host.release('secret', server, { values: { API_KEY: 's3cret-value' } }));
  const files = readdirSync(host.state.instances, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  assert.ok(files.some((file) => file.name.endsWith('.json')));
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    assert.doesNotMatch(readFileSync(path, 'utf8'), /s3cret-value/);
    assert.equal((await stat(path)).mode & 0o777, 0o600, path);
  }
});

/** Its child says its pid itself, so that it is known to be deaf by then. */
const deaf = `process.on('SIGTERM', () => {}); console.log('child ' + process.pid); setInterval(() => {}, 1000);`;
const mortal = `
require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(deaf)}], { stdio: 'inherit' });
setInterval(() => {}, 1000);
`;
const stubborn = `process.on('SIGTERM', () => console.log('no'));${mortal}`;

const childOf = (): Promise<number> =>
  eventually('its child', async () => {
    const { id } = await theOne(host.runtime);
    const said = (await host.runtime.tail(id, 10)).map((line) => /^child (\d+)$/.exec(line)?.[1]);
    return Number(said.find((pid) => pid !== undefined));
  });

test('an instance that ignores SIGTERM is killed after its grace, with its children', async () => {
  await apply(await host.release('stubborn', stubborn));
  const [pid, child] = [await pidOf(), await childOf()];
  const begun = performance.now();
  await host.runtime.remove(webPool, 300);
  assert.ok(performance.now() - begun >= 300, 'it had its grace');
  assert.ok(isGone(pid) && isGone(child));
});

test('a child that outlived its leader gets the rest of the grace, and is killed then', async () => {
  await apply(await host.release('outlived', mortal));
  const [pid, child] = [await pidOf(), await childOf()];
  const removing = host.runtime.remove(webPool, 1000);
  await eventually('the end of the leader', () => isGone(pid));
  assert.equal(isGone(child), false);
  await removing;
  assert.ok(isGone(child));
});

test('what a crashed instance left behind in its group is cleared when its place is taken', async () => {
  await apply(await host.release('orphan', stubborn));
  const [pid, child] = [await pidOf(), await childOf()];
  const { id } = await theOne(host.runtime);
  process.kill(pid, 'SIGKILL');
  await eventually('its end', async () => (await theOne(host.runtime)).state.is === 'ended');
  await host.runtime.restart(await host.release('orphan', server), { of: id, inARow: 1 }, never());
  assert.ok(isGone(child));
});

test('an instance that ends at once shows its exit code and its last lines', async () => {
  const script = `for (let n = 1; n <= 100; n++) console.log('line ' + n); console.error('cannot go on'); process.exitCode = 9;`;
  await apply(await host.release('crash', script));
  const ended = await eventually('its end', async () => {
    const instance = await theOne(host.runtime);
    return instance.state.is === 'ended' && { ...instance, state: instance.state };
  });
  assert.equal(ended.state.code, 9);
  assert.deepEqual(await host.runtime.tail(ended.id, 2), ['line 100', 'cannot go on']);
});

test('a program with a port of its own is seen to listen elsewhere', async () => {
  const script = `require('node:http').createServer().listen(0, '127.0.0.1');`;
  await apply(await host.release('hard-coded', script));
  const { id, port } = await theOne(host.runtime);
  const listening = await eventually('its port', async () => {
    const found = await host.runtime.listening(id);
    return found && found.length > 0 && found;
  });
  assert.equal(listening.length, 1);
  assert.equal(listening[0]?.host, '127.0.0.1');
  assert.notEqual(listening[0]?.port, port);
  assert.equal(await listens('127.0.0.1', listening[0]?.port ?? 0), true);
});

test('a port that somebody uses is not given to an instance', async () => {
  const blockers = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const blocker = net.createServer();
      await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
      return blocker;
    }),
  );
  await apply(await host.release('twenty', server, { count: 20 }));
  const instances = await instancesOf(host.runtime);
  const answers = await Promise.all(instances.map((instance) => ask(instance)));
  assert.equal(new Set(instances.map((instance) => instance.port)).size, 20);
  assert.equal(new Set(answers.map((answer) => answer.pid)).size, 20);
  for (const [n, answer] of answers.entries()) assert.equal(answer.env.PORT, String(instances[n]?.port));
  for (const blocker of blockers) blocker.close();
  await host.runtime.remove(webPool, 5000);
  for (const { pid } of answers) assert.ok(isGone(pid));
});

test('a command that does not exist is named before anything is started', async () => {
  const spec = await host.release('missing', server, { run: { command: ['./start.sh'] } });
  await assert.rejects(apply(spec), (error: Error) =>
    /"\.\/start\.sh" does not exist in .*missing/.test(error.message),
  );
  const other = await host.release('missing', server, { run: { command: ['no-such-program'] } });
  await assert.rejects(apply(other), { code: 'COMMAND_MISSING' });
  assert.deepEqual(await host.runtime.observe(target), []);
});

test('a command whose interpreter is missing is one clear error', async () => {
  const spec = await host.release('no-program', server, { run: { command: ['./start'] } });
  await writeFile(join(spec.artifact, 'start'), '#!/no/such/interpreter\n', { mode: 0o755 });
  await assert.rejects(apply(spec), /interpreter that its first line names does not exist/);
  assert.deepEqual(await host.runtime.observe(target), []);
});

test('output that grows is rotated, and a follower misses no line', async (t) => {
  const script = `let n = 0; const timer = setInterval(() => { for (let k = 0; k < 5; k++) console.log('line ' + (++n) + ' ' + 'x'.repeat(80)); if (n >= 300) clearInterval(timer); }, 10); setInterval(() => {}, 1000);`;
  await apply(await host.release('talkative', script));
  const { id } = await theOne(host.runtime);
  const stop = new AbortController();
  t.after(() => stop.abort());
  const seen: number[] = [];
  const following = (async () => {
    for await (const line of host.runtime.logs(webPool, { lines: 1000, follow: true, signal: stop.signal }))
      if (line.instance === id) seen.push(Number(line.text.split(' ')[1]));
  })();
  await eventually('its last line', () => seen.at(-1) === 300);
  stop.abort();
  await following;
  assert.deepEqual(
    seen.toSorted((a, b) => a - b),
    seen,
    'in order',
  );
  const log = join(host.state.instances, 'acme/shop/production/local/blue/web', `${id}.log`);
  await eventually('a rotation', () => existsSync(`${log}.1`));
  assert.equal((await stat(`${log}.1`)).mode & 0o777, 0o600);
});

test('an abort stops what would still be started', async () => {
  const spec = await host.release('aborted', server, { count: 3 });
  await assert.rejects(host.runtime.apply(spec, 1, AbortSignal.abort(new Error('stop'))), /stop/);
  assert.deepEqual(await host.runtime.observe(target), []);
});

test('a process group that is not ours is never taken for ours', () => {
  const self = identify(process.pid);
  assert.ok(self);
  assert.deepEqual(membersOf({ leader: { ...self, startTime: '1' }, launch: 'x' }, true), []);
  assert.deepEqual(membersOf({ leader: { ...self, boot: 'another' }, launch: 'x' }, true), []);
});

test('no housekeeping failed meanwhile', () => {
  assert.deepEqual(host.errors, []);
});

test('a command that is asked from inside an instance runs as the instance', {
  skip: process.getuid?.() === 0 ? false : 'only root may start processes of another user',
}, async () => {
  const spec = await host.release('somebody', server, { run: { user: 'nobody' } });
  await host.runtime.apply(spec, 1, never());
  const [{ id } = { id: '' }] = await instancesOf(host.runtime);
  const vantage = await eventually('the vantage', async () => {
    const found = await host.runtime.vantage(id);
    return 'gap' in found || !found.account ? undefined : found;
  });
  const home = vantage.values.HOME ?? '';
  const owns = { name: 'owns its home', kind: 'run', command: ['test', '-O', home], timeout: 5000 } as const;
  const check = { ...owns, retry: { times: 0, delay: 0 }, tags: [] };
  const [result] = await checkRunner().run([check], vantage, { secrets: [], signal: never() });
  assert.equal(result?.verdict, 'pass', result?.saw);
  await host.runtime.remove(webPool, 2000);
});
