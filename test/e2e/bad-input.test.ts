import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { EnvironmentStatus, RolloutDetail } from '../../packages/gonogo/src/api/contract.ts';
import type { Done } from './support/command.ts';
import { processesOf } from './support/processes.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { askFront, type Site, writeSite } from './support/site.ts';

/** A sandbox in which release `one` is live. */
async function live(
  t: TestContext,
  site: Site = {},
): Promise<{ sandbox: Sandbox; front: { host: string; port: number } }> {
  const sandbox = await makeSandbox(t);
  await writeSite(sandbox, site);
  const done = await sandbox.run(['deploy', 'production', '--format', 'json']);
  assert.equal(done.code, 0, done.said());
  const { front } = done.json<RolloutDetail>();
  assert.ok(front);
  return { sandbox, front };
}

/** Deploys what must not go live, and sees that users noticed nothing and that nothing is left of it. */
async function refuses(t: TestContext, site: Site, expected: readonly RegExp[]): Promise<Done> {
  const { sandbox, front } = await live(t);
  await writeSite(sandbox, { says: 'two', ...site });
  const done = await sandbox.run(['deploy', 'production']);
  assert.equal(done.code, 1, done.said());
  for (const sentence of expected) assert.match(done.stdout + done.stderr, sentence);
  assert.deepEqual(await askFront(front), { status: 200, text: 'one' });
  const [status] = (await sandbox.run(['status', '--format', 'json'])).json<EnvironmentStatus[]>();
  assert.deepEqual(
    status?.slots.map(({ role }) => role),
    ['live'],
  );
  await sandbox.stop();
  return done;
}

describe('a deploy that cannot work', { concurrency: 2 }, () => {
  test('names the environments there are when it is given an unknown one', async (t) => {
    const sandbox = await makeSandbox(t);
    await writeSite(sandbox);
    const done = await sandbox.run(['deploy', 'prodution']);
    assert.equal(done.code, 2, done.said());
    assert.match(done.stderr, /no environment "prodution".*production/);
    assert.deepEqual(await processesOf(sandbox.root), []);
  });

  test('says where gonogo.yaml was looked for when there is none', async (t) => {
    const sandbox = await makeSandbox(t);
    const done = await sandbox.run(['deploy', 'production']);
    assert.equal(done.code, 2, done.said());
    assert.match(done.stderr, /there is no gonogo\.yaml at .*project/);
  });

  test('reports every problem of a malformed gonogo.yaml with its line', async (t) => {
    const sandbox = await makeSandbox(t);
    await writeSite(sandbox, { yaml: 'replcias: 3\nchecks: 7' });
    const done = await sandbox.run(['deploy', 'production']);
    assert.equal(done.code, 2, done.said());
    assert.match(done.stderr, /gonogo\.yaml:\d+:\d+ .*replcias/);
    assert.match(done.stderr, /gonogo\.yaml:\d+:\d+ .*checks/);
  });

  test('ends in preflight when a variable is not set', async (t) => {
    const yaml = 'contract: { env: { API_KEY: { secret: true } } }';
    const done = await refuses(t, { yaml }, [/✗ env API_KEY.*API_KEY is not set/, /^NO-GO {2}site@/m]);
    assert.match(done.stdout, /users stayed on site@/);
  });

  test('says which port is in use', async (t) => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    t.after(() => taken.close());
    const { port } = taken.address() as net.AddressInfo;
    const sandbox = await makeSandbox(t);
    await writeSite(sandbox, { production: `listen: 127.0.0.1:${port}` });
    const done = await sandbox.run(['deploy', 'production']);
    assert.equal(done.code, 1, done.said());
    assert.match(done.stdout, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}`));
    await sandbox.stop();
  });

  test('names a command that does not exist', async (t) => {
    await refuses(t, { command: '[nodd, server.mjs]' }, [/the command "nodd" does not exist/]);
  });

  test('shows the last lines of a build that fails', async (t) => {
    const build = `"sh -c 'echo compiling; echo no such module >&2; exit 3'"`;
    await refuses(t, { build }, [/the build.*failed/, /no such module/]);
  });

  test('shows how an instance ended that exits at once', async (t) => {
    const before = `console.log('cannot open config.json'); process.exit(7);`;
    await refuses(t, { before }, [/an instance in green ended with exit code 7/, /cannot open config\.json/]);
  });

  test('says what an instance that never becomes ready answered', async (t) => {
    await refuses(t, { ready: '503' }, [/did not become ready.*503/]);
  });

  test('says on which port an instance listens that has its port hard-coded', async (t) => {
    await refuses(t, { port: '(await freePort())', before: freePort }, [
      /listens on port \d+, not on the port \d+ it was given/,
      /PORT/,
    ]);
  });

  test('says which hard-coded port is taken already', async (t) => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    t.after(() => taken.close());
    const { port } = taken.address() as net.AddressInfo;
    await refuses(t, { port: String(port) }, [new RegExp(`port ${port}.*in use`), /PORT/]);
  });

  test('kills an instance that ignores SIGTERM after its grace', async (t) => {
    await refuses(t, { onTerm: '() => {}', ready: '503', grace: '300ms' }, [/did not become ready/]);
  });

  test('leaves no route behind when the very first one fails', async (t) => {
    const sandbox = await makeSandbox(t);
    await writeSite(sandbox, { ready: '503' });
    const done = await sandbox.run(['deploy', 'production', '--format', 'json']);
    assert.equal(done.code, 1, done.said());
    const { front, ending } = done.json<RolloutDetail>();
    assert.equal(ending, 'rejected');
    assert.equal(front && (await askFront(front)), undefined);
    await sandbox.stop();
  });

  test('is refused while another one runs, and says how to stop that one', async (t) => {
    const { sandbox, front } = await live(t);
    await writeSite(sandbox, { says: 'two', ready: '503', attempts: 3000 });
    const first = sandbox.start(['deploy', 'production']);
    await first.says('provision');
    const second = await sandbox.run(['deploy', 'production']);
    assert.equal(second.code, 1, second.said());
    assert.match(
      second.stderr,
      /a rollout of site@\S+ to production is running.*\n.*gonogo abort production/,
    );
    const aborted = await sandbox.run(['abort', 'production']);
    assert.equal(aborted.code, 0, aborted.said());
    assert.equal((await first.done).code, 1);
    assert.deepEqual(await askFront(front), { status: 200, text: 'one' });
    await sandbox.stop();
  });

  test('is put back by Ctrl-C', async (t) => {
    const { sandbox, front } = await live(t);
    await writeSite(sandbox, { says: 'two', ready: '503', attempts: 3000 });
    const running = sandbox.start(['deploy', 'production']);
    await running.says('provision');
    running.child.kill('SIGINT');
    const done = await running.done;
    assert.equal(done.code, 1, done.said());
    assert.match(done.stdout, /NO-GO {2}site@\S+ → production {3}users stayed on site@/);
    assert.deepEqual(await askFront(front), { status: 200, text: 'one' });
    await sandbox.stop();
  });

  test('finds a project whose server file is missing', async (t) => {
    const sandbox = await makeSandbox(t);
    await writeSite(sandbox);
    await rm(join(sandbox.folder, 'server.mjs'));
    const done = await sandbox.run(['deploy', 'production']);
    assert.equal(done.code, 2, done.said());
    assert.match(done.stderr, /server\.mjs/);
  });
});

/** A program's own idea of a port, which is not the one it was given. */
const freePort = `
async function freePort() {
  const probe = http.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
`;
