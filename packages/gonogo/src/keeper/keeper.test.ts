import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../../test/suites/eventually.ts';
import { listens } from '../../../../test/suites/runtime-tools.ts';
import { ensureKeeper, type KeeperLink } from '../agent/keeper.ts';
import { entryPath } from '../system/entries.ts';
import { isAlive } from '../system/process.ts';
import type { Launched, LaunchSpec } from '../wire/keeper.ts';

let root: string;
let keeper: KeeperLink;
let pid: number;
/** Every process group that was started, so that none is left. */
const started = new Set<number>();

async function launch(wish: LaunchSpec): Promise<Launched> {
  const launched = await keeper.call('launch', wish);
  started.add(launched.pid);
  return launched;
}

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'gonogo-keeper-'));
  keeper = await ensureKeeper(root);
  pid = (await keeper.call('hello', undefined)).pid;
});
after(async () => {
  for (const group of started) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  const last = (await keeper.call('hello', undefined)).pid;
  keeper.close();
  process.kill(last, 'SIGKILL');
  await rm(root, { recursive: true, force: true });
});

const spec = (key: string, script: string, more: Partial<LaunchSpec> = {}): LaunchSpec => ({
  key,
  argv: [process.execPath, '-e', script],
  cwd: root,
  env: { PATH: '/usr/bin:/bin' },
  output: join(root, `${key}.log`),
  listeners: [],
  respawn: false,
  labels: { test: key },
  ...more,
});
const find = async (key: string): Promise<Launched | undefined> =>
  (await keeper.call('list', undefined)).find((launched) => launched.key === key);
const ended = (key: string): Promise<Launched> =>
  eventually(`the end of ${key}`, async () => {
    const launched = await find(key);
    return launched?.ended && launched;
  });
const forever = 'setInterval(() => undefined, 1000)';

test('all of the keeper is at most 200 lines and needs no library', () => {
  const files = readdirSync(import.meta.dirname).filter(
    (name) => name.endsWith('.ts') && !name.includes('.test.'),
  );
  const texts = files.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'));
  assert.ok(files.length >= 3);
  assert.ok(texts.join('').split('\n').length - 1 <= 200);
  for (const [, from] of texts.join('').matchAll(/from '([^']+)'/g))
    assert.match(from ?? '', /^(node:|\.\.?\/)/);
});

test('a child leads its own process group and gets exactly the environment it was given', async () => {
  const launched = await launch(spec('env', `console.log(JSON.stringify(process.env));${forever}`));
  const text = await eventually('its output', () => readFileSync(join(root, 'env.log'), 'utf8'));
  assert.deepEqual(JSON.parse(text), { PATH: '/usr/bin:/bin' });
  const fields = readFileSync(`/proc/${launched.pid}/stat`, 'utf8').split(') ')[1]?.split(' ');
  assert.equal(fields?.[2], String(launched.pid));
  assert.equal(statSync(join(root, 'env.log')).mode & 0o777, 0o600);
  assert.ok(isAlive(launched));
});

test('a second launch of a key answers with the first', async () => {
  const [first, second] = await Promise.all([launch(spec('twice', forever)), launch(spec('twice', forever))]);
  assert.equal(first.pid, second.pid);
  assert.equal((await launch(spec('twice', forever))).pid, first.pid);
});

test('an exit status is told, and kept until it is forgotten', async () => {
  const told: Launched[] = [];
  const off = keeper.onEnded((launched) => told.push(launched));
  await launch(spec('exits', 'process.exit(42)'));
  const launched = await ended('exits');
  assert.equal(launched.ended?.code, 42);
  await eventually('being told', () => told.some(({ key }) => key === 'exits'));
  off();
  assert.equal(await keeper.call('signal', { key: 'exits', signal: 'SIGTERM' }), false);
  await keeper.call('forget', { key: 'exits' });
  assert.equal(await find('exits'), undefined);
});

test('a signal reaches the whole group and is told as such', async () => {
  const child = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(forever)}], { stdio: 'ignore' }).on('spawn', function () { console.log(this.pid) });${forever}`;
  await launch(spec('group', child));
  const grandchild = Number(
    await eventually('the grandchild', () => readFileSync(join(root, 'group.log'), 'utf8')),
  );
  assert.equal(await keeper.call('signal', { key: 'group', signal: 'SIGKILL' }), true);
  assert.equal((await ended('group')).ended?.signal, 'SIGKILL');
  await eventually('its end', () => !existsSync(`/proc/${grandchild}/cwd`) || stateOf(grandchild) === 'Z');
});

const stateOf = (of: number): string => {
  try {
    return readFileSync(`/proc/${of}/stat`, 'utf8').split(') ')[1]?.[0] ?? 'Z';
  } catch {
    return 'Z'; // Reaped already.
  }
};

test('a missing command, one that is no program, and a missing folder are told apart', async () => {
  const nobody = { ...spec('missing', ''), argv: ['/nowhere/at/all'] };
  await assert.rejects(launch(nobody), { code: 'ENOENT' });
  await writeFile(join(root, 'text'), 'no program', { mode: 0o600 });
  await assert.rejects(launch({ ...nobody, argv: [join(root, 'text')] }), { code: 'EACCES' });
  await assert.rejects(launch(spec('missing', '', { cwd: '/nowhere' })), { code: 'ENOTDIR' });
  // A launch that failed never was: its key may be tried again.
  await launch(spec('missing', 'process.exit(0)'));
  await ended('missing');
});

/** Answers its pid once per connection, on the descriptor it was given. */
const proxy = `
require('node:net').createServer((socket) => {
  socket.on('error', () => undefined);
  socket.end(process.env.GONOGO_LISTENERS + ' ' + process.pid);
}).listen({ fd: 3 });
`;

const connect = async (port: number): Promise<string> => {
  const socket = net.connect(port, '127.0.0.1');
  socket.setEncoding('utf8');
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  await once(socket, 'close');
  return text;
};

test('a proxy that is killed is started again, and the next one answers what came in between', async () => {
  const at = await keeper.call('bind', { host: '127.0.0.1', port: 0 });
  assert.ok(at.port > 0);
  assert.deepEqual(await keeper.call('bind', at), at, 'it is bound already');
  assert.equal(await listens(at.host, at.port), false, 'bound, and nobody listens');
  const launched = await launch(spec('proxy', proxy, { listeners: [at], respawn: true }));
  await eventually('the proxy', () => listens(at.host, at.port));
  assert.equal(await connect(at.port), `1 ${launched.pid}`);
  // Stopped, the proxy accepts nothing: these connections wait in the kernel when it dies.
  process.kill(launched.pid, 'SIGSTOP');
  process.kill(launched.pid, 'SIGKILL');
  const next = await eventually('the next proxy', async () => {
    const now = await find('proxy');
    return now && now.pid !== launched.pid && now;
  });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => eventually('an answer', () => connect(at.port).catch(() => ''))),
  );
  assert.deepEqual(new Set(answers), new Set([`1 ${next.pid}`]));
  await keeper.call('forget', { key: 'proxy' });
  await keeper.call('signal', { key: 'proxy', signal: 'SIGKILL' });
  await eventually('its being gone for good', async () => (await find('proxy')) === undefined);
  assert.equal(await keeper.call('unbind', at), null);
});

test('connections made while the next proxy starts are answered by it', async () => {
  const at = await keeper.call('bind', { host: '127.0.0.1', port: 0 });
  const two = (key: string): LaunchSpec => spec(key, proxy, { listeners: [at], respawn: true });
  const first = await launch(two('front'));
  await eventually('the proxy', () => listens(at.host, at.port));
  // A second one on the same descriptors keeps the socket listening, as in an upgrade; it is stopped and accepts nothing.
  const second = await launch(two('front-2'));
  await eventually('the second', async () => (await connect(at.port)).endsWith(` ${second.pid}`));
  process.kill(second.pid, 'SIGSTOP');
  process.kill(first.pid, 'SIGKILL');
  const waiting = Array.from({ length: 20 }, () => connect(at.port));
  const next = await eventually('the next proxy', async () => {
    const now = await find('front');
    return now && now.pid !== first.pid && now;
  });
  process.kill(second.pid, 'SIGCONT');
  const answers = new Set(await Promise.all(waiting));
  for (const answer of answers) assert.ok([`1 ${next.pid}`, `1 ${second.pid}`].includes(answer), answer);
  for (const key of ['front', 'front-2']) {
    await keeper.call('forget', { key });
    await keeper.call('signal', { key, signal: 'SIGKILL' });
  }
});

test('a program that ends at once again and again is started ever more slowly', async () => {
  await launch(spec('broken', `require('node:fs').appendFileSync('starts', 'x')`, { respawn: true }));
  const starts = (): number =>
    existsSync(join(root, 'starts')) ? readFileSync(join(root, 'starts')).length : 0;
  await eventually('four starts', () => starts() >= 4);
  await keeper.call('forget', { key: 'broken' });
  const then = starts();
  assert.ok(then < 12, `${then} starts`);
  await sleep(700);
  assert.ok(starts() <= then + 1, 'forgotten, it is not started again');
});

test('the address of a port in use is refused with the errno, and an unbound one is not handed on', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  await assert.rejects(keeper.call('bind', { host: '127.0.0.1', port }), { code: 'EADDRINUSE' });
  const unbound = spec('unbound', forever, { listeners: [{ host: '127.0.0.1', port }] });
  await assert.rejects(launch(unbound), { code: 'ENOTCONN' });
  server.close();
});

test('children do not get descriptors of sockets that are not theirs', async () => {
  await keeper.call('bind', { host: '127.0.0.1', port: 0 });
  const { pid: child } = await launch(spec('bare', forever));
  const open = readdirSync(`/proc/${child}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${child}/fd/${fd}`);
    } catch {
      return ''; // Closed while we looked.
    }
  });
  assert.deepEqual(
    open.filter((target) => target.startsWith('socket:')),
    [],
  );
});

test('a terminal that closes does not end the keeper, and a second keeper goes quietly', async () => {
  process.kill(pid, 'SIGHUP');
  process.kill(pid, 'SIGINT');
  const second = spawn(process.execPath, [entryPath('keeper'), root], { stdio: 'ignore' });
  const [code] = await once(second, 'exit');
  assert.equal(code, 0);
  assert.equal((await keeper.call('hello', undefined)).pid, pid);
});

test('a client that talks nonsense or goes away in the middle does no harm', async () => {
  for (const text of ['nonsense\n', '{"id":1,"do":"launch"}\n', '{"id":1,"do":"constructor"}\n', '{"id":']) {
    const socket = net.connect(join(root, 'keeper.sock'));
    await once(socket, 'connect');
    socket.end(text);
    await sleep(20);
    socket.destroy();
  }
  assert.equal((await keeper.call('hello', undefined)).pid, pid);
});

test('the keeper stays while a child lives, goes when asked without one, and is not brought back by that', async () => {
  const other = await mkdtemp(join(tmpdir(), 'gonogo-keeper-'));
  const link = await ensureKeeper(other);
  const { pid: first } = await link.call('hello', undefined);
  const child = spec('last', forever, { cwd: other, output: join(other, 'last.log') });
  started.add((await link.call('launch', child)).pid);
  assert.equal(await link.call('stop', undefined), false);
  await link.call('signal', { key: 'last', signal: 'SIGKILL' });
  const stopped = eventually('its going', () => link.call('stop', undefined));
  await stopped;
  await assert.rejects(link.call('list', undefined), { code: 'KEEPER_UNREACHABLE' });
  await eventually('its end', () => stateOf(first) === 'Z');
  await sleep(300); // Long enough for another one to show itself.
  assert.equal(await link.call('hello', undefined).catch(() => 'nobody'), 'nobody');
  const again = await ensureKeeper(other);
  const { pid: second } = await again.call('hello', undefined);
  assert.notEqual(second, first);
  again.close();
  process.kill(second, 'SIGKILL');
  await rm(other, { recursive: true, force: true });
});

test('a keeper that was killed is replaced by itself, and its children run on', async () => {
  const { pid: child } = await launch(spec('survivor', forever));
  process.kill(pid, 'SIGKILL');
  await eventually('another keeper', async () => (await keeper.call('hello', undefined)).pid !== pid);
  assert.deepEqual(await keeper.call('list', undefined), []);
  assert.equal(stateOf(child), 'S');
  process.kill(child, 'SIGKILL');
});
