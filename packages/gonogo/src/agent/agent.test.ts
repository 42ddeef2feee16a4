import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ensureAgent } from '../api/autostart.ts';
import { protocol } from '../api/contract.ts';
import { temporaryFolder } from '../api/fixture/wire.ts';
import { findAgent } from '../api/hello.ts';
import { launchAgent } from '../api/launch.ts';
import { isProblem } from '../errors.ts';
import { identify } from '../system/process.ts';
import { stateFolder } from '../system/state.ts';

const program = (name: string): string => join(import.meta.dirname, 'fixture', name);
const entry = program('agent.ts');

/** A state folder whose agent ends with the test. */
async function stateRoot(t: TestContext, name = 'state'): Promise<string> {
  const folder = await temporaryFolder(t, async (inside) => {
    const found = await findAgent(stateFolder(join(inside, name)).agentSocket);
    if (found) await end(found.hello.pid, 'SIGKILL');
  });
  return join(folder, name);
}

async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal);
  const until = performance.now() + 20_000;
  while (identify(pid) && performance.now() < until) await sleep(20);
  assert.equal(identify(pid), undefined, `${pid} did not end`);
}

test('the first command starts the agent and the next one finds it', async (t) => {
  const root = await stateRoot(t);
  const first = await (await ensureAgent(root, { entry })).hello();
  const second = await (await ensureAgent(root, { entry })).hello();
  assert.equal(first.pid, second.pid);
  assert.notEqual(first.pid, process.pid);
  assert.equal(first.root, root);
});

test('two commands at once end up with one agent', async (t) => {
  const root = await stateRoot(t);
  const run = () => promisify(execFile)(process.execPath, [program('ensure.ts'), root, entry]);
  const pids = await Promise.all([run(), run(), run()]);
  assert.equal(new Set(pids.map(({ stdout }) => stdout.trim())).size, 1, JSON.stringify(pids));
});

test('the state folder, its socket, lock and log are open to their owner only', async (t) => {
  const root = await stateRoot(t);
  await ensureAgent(root, { entry });
  const { agentSocket, lock, agentLog } = stateFolder(root);
  const modes = await Promise.all(
    [root, agentSocket, lock, agentLog].map(async (path) => (await stat(path)).mode & 0o777),
  );
  assert.deepEqual(modes, [0o700, 0o600, 0o600, 0o600]);
});

test('a socket that nobody listens at any more is no obstacle', async (t) => {
  const root = await stateRoot(t);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const { agentSocket } = stateFolder(root);
  const abandon = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  await promisify(execFile)(process.execPath, ['-e', abandon, agentSocket]).catch(() => undefined);
  await assert.rejects(
    new Promise((resolve, reject) => net.connect(agentSocket, () => resolve(0)).on('error', reject)),
    { code: 'ECONNREFUSED' },
  );
  assert.ok((await (await ensureAgent(root, { entry })).hello()).pid);
});

test('an agent that was killed is started anew by the next command', async (t) => {
  const root = await stateRoot(t);
  const first = await (await ensureAgent(root, { entry })).hello();
  await end(first.pid, 'SIGKILL');
  const second = await (await ensureAgent(root, { entry })).hello();
  assert.notEqual(first.pid, second.pid);
});

test('a second agent on the same state folder is refused', async (t) => {
  const root = await stateRoot(t);
  await ensureAgent(root, { entry });
  const outcome = await (await launchAgent(root, entry)).outcome;
  assert.ok('failed' in outcome);
  assert.equal(outcome.failed.code, 'AGENT_RUNNING');
});

test('SIGTERM and stop end the agent cleanly: the socket is gone and the lock is free', async (t) => {
  const root = await stateRoot(t);
  const first = await (await ensureAgent(root, { entry })).hello();
  await end(first.pid, 'SIGTERM');
  await assert.rejects(stat(stateFolder(root).agentSocket), { code: 'ENOENT' });
  const again = await ensureAgent(root, { entry });
  const { pid } = await again.hello();
  assert.deepEqual(await again.stop({ all: true }), { stopped: 2 });
  const until = performance.now() + 20_000;
  while (identify(pid) && performance.now() < until) await sleep(20);
  assert.equal(identify(pid), undefined);
});

test('an agent whose socket was taken away ends, so that the next command can start one', async (t) => {
  const root = await stateRoot(t);
  const first = await (await ensureAgent(root, { entry })).hello();
  await rm(stateFolder(root).agentSocket);
  const second = await (await ensureAgent(root, { entry })).hello();
  assert.notEqual(first.pid, second.pid);
  assert.equal(identify(first.pid), undefined);
});

test('the agent gets an allow-listed environment and runs in /', async (t) => {
  const root = await stateRoot(t);
  process.env.CANARY_OF_THE_SHELL = 'canary';
  t.after(() => delete process.env.CANARY_OF_THE_SHELL);
  const { pid } = await (await ensureAgent(root, { entry })).hello();
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
  assert.match(environment, /^PATH=/m);
  assert.doesNotMatch(environment, /canary|npm_/i);
  assert.equal(await readlink(`/proc/${pid}/cwd`), '/');
});

test('an idle agent of another protocol is replaced', async (t) => {
  const root = await stateRoot(t);
  await launchAndWait(root);
  const agent = await ensureAgent(root, { entry });
  assert.equal((await agent.hello()).protocol.min, protocol.min);
});

test('an agent of another protocol is left alone while a rollout runs', async (t) => {
  const root = await stateRoot(t, 'state-busy');
  await launchAndWait(root);
  await assert.rejects(ensureAgent(root, { entry }), (error) => isProblem(error, 'AGENT_VERSION'));
  assert.equal((await findAgent(stateFolder(root).agentSocket))?.hello.protocol.min, 90);
});

async function launchAndWait(root: string): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const { outcome } = await launchAgent(root, program('other-protocol.ts'));
  assert.deepEqual(await outcome, { ready: true });
}

test('an agent that cannot start says why: in its own words, or in the last ones of its log', async (t) => {
  const root = await stateRoot(t);
  await assert.rejects(
    ensureAgent(root, { entry: program('broken.ts') }),
    (error) => isProblem(error, 'AGENT_FAILED') && /the agent is broken/.test(error.message),
  );
  await mkdir(root, { recursive: true });
  await chmod(root, 0o755);
  await assert.rejects(
    ensureAgent(root, { entry }),
    (error) => isProblem(error, 'STATE_UNUSABLE') && /0700/.test(error.message) && error.exit === 3,
  );
});

test('a state folder that is a file is one clear problem', async (t) => {
  const root = await stateRoot(t);
  await writeFile(root, '');
  await assert.rejects(ensureAgent(root, { entry }), (error) => isProblem(error, 'STATE_UNUSABLE'));
});
