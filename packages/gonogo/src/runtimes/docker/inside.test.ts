// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { needs } from '../../../../../test/require.ts';
import { type DockerHost, dockerHost } from '../../../../../test/suites/docker-host.ts';
import { ask, never, server, specOf, theOne, webPool } from '../../../../../test/suites/runtime-tools.ts';
import { checkRunner } from '../../checks/run.ts';
import type { CheckResult, CheckSpec } from '../../domain/check.ts';
import type { Vantage } from '../../ports/vantage.ts';
import { exec } from '../../system/exec.ts';

const skip = needs('docker');
let host: DockerHost;
let outside: net.Server;
let port: number;

before(async () => {
  if (skip) return;
  host = await dockerHost();
  outside = net.createServer(
    (socket) => void socket.on('error', () => undefined).on('data', () => socket.end()),
  );
  await new Promise<void>((resolve) => outside.listen(0, '0.0.0.0', resolve));
  port = (outside.address() as net.AddressInfo).port;
  const values = { GATEWAY: `tcp://host.docker.internal:${port}`, API_KEY: 's3cret-value' };
  const spec = specOf(await host.artifact(server), { values, run: { readOnly: false } });
  await host.runtime.apply(spec, 1, never());
  await ask(await theOne(host.runtime));
});
after(async () => {
  if (skip) return;
  outside.close();
  await host.close();
});

const base = { timeout: 3000, retry: { times: 0, delay: 1 }, tags: [] };
const tcp = (address: string, timeout = 3000): CheckSpec => ({
  ...base,
  timeout,
  name: address,
  kind: 'tcp',
  address,
});
const http = (url: string): CheckSpec => ({
  ...base,
  name: url,
  kind: 'http',
  method: 'GET',
  url,
  headers: {},
  expect: {},
});
const command = (...argv: string[]): CheckSpec => ({ ...base, name: 'command', kind: 'run', command: argv });

async function vantage(): Promise<Vantage> {
  const found = await host.runtime.vantage((await theOne(host.runtime)).id);
  assert.ok('inside' in found);
  return found;
}

async function asked(...specs: CheckSpec[]): Promise<CheckResult[]> {
  const run = { secrets: ['s3cret-value'], signal: AbortSignal.timeout(20_000) };
  return await checkRunner().run(specs, await vantage(), run);
}

test('a check is asked in the container’s network, with its names and its environment', {
  skip,
}, async () => {
  const results = await asked(tcp('${GATEWAY}'), tcp('127.0.0.1:8080'), tcp('127.0.0.1:1'), http('/'));
  assert.deepEqual(
    results.map(({ verdict, failure, from }) => [verdict, failure, from]),
    [
      ['pass', undefined, 'blue'], // The name is in the container's /etc/hosts alone.
      ['pass', undefined, 'blue'], // Its own port, which nothing on this machine listens on.
      ['fail', 'refused', 'blue'],
      ['pass', undefined, 'blue'], // A path goes through the published port.
    ],
    JSON.stringify(results),
  );
});

test('a DROP rule in the container’s network is found, and only from there', { skip }, async () => {
  const { inside } = await vantage();
  const rule = ['OUTPUT', '-p', 'tcp', '--dport', String(port), '-j', 'DROP'];
  const iptables = (how: string): Promise<{ code: number | null; stderr: string }> =>
    exec(['nsenter', '--target', String(inside?.process.pid), '--net', 'iptables', how, ...rule], {
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
  const added = await iptables('-A');
  assert.equal(added.code, 0, added.stderr);
  const [blocked] = await asked(tcp('${GATEWAY}', 800));
  assert.equal(blocked?.verdict, 'fail');
  assert.equal(blocked?.failure, 'timeout');
  assert.match(blocked?.hint ?? '', /most likely a firewall rule/);
  await iptables('-D');
  const [open] = await asked(tcp('${GATEWAY}'));
  assert.equal(open?.verdict, 'pass', open?.saw);
});

test('a command runs in the container, with its programs and what it is told', { skip }, async () => {
  const program =
    'fetch(process.env.GONOGO_TARGET).then(async (r) => console.log((await r.json()).env.API_KEY === process.env.API_KEY))';
  const [same, missing, failing] = await asked(
    command('node', '-e', program),
    command('no-such-program'),
    command('node', '-e', 'console.error(process.env.API_KEY); process.exit(3)'),
  );
  assert.equal(same?.verdict, 'pass', same?.saw);
  assert.match(missing?.saw ?? '', /there is no command no-such-program/);
  assert.match(failing?.saw ?? '', /exit code 3/);
  assert.doesNotMatch(failing?.saw ?? '', /s3cret/);
});

test('a command that does not end is killed at its deadline', { skip }, async () => {
  const [result] = await asked({ ...command('node', '-e', 'setInterval(() => {}, 1000)'), timeout: 500 });
  assert.equal(result?.failure, 'timeout', result?.saw);
  const found = await host.docker.listContainers({ filters: { label: [`gonogo.owner=${host.owner}`] } });
  const { Processes } = await host.docker.getContainer(found[0]?.Id ?? '').top();
  assert.equal(Processes.filter((line: string[]) => line.join(' ').includes('setInterval')).length, 0);
});

test('a container that made its list of names endless is not read, and its checks are unknown', {
  skip,
}, async () => {
  const fill = `require('node:fs').appendFileSync('/etc/hosts', '#'.repeat(2 << 20))`;
  const [filled] = await asked(command('node', '-e', fill));
  assert.equal(filled?.verdict, 'pass', filled?.saw);
  const [result] = await asked(tcp('127.0.0.1:8080'));
  assert.equal(result?.verdict, 'unknown');
  assert.match(result?.saw ?? '', /its hosts is not a plain file of names/);
});

test('what ended cannot be asked from, and says so', { skip }, async () => {
  const instance = await theOne(host.runtime);
  const at = await vantage();
  await host.runtime.remove(webPool, 1000);
  const [late] = await checkRunner().run([tcp('127.0.0.1:8080')], at, { secrets: [], signal: never() });
  assert.equal(late?.verdict, 'unknown');
  assert.match(late?.saw ?? '', /cannot be asked from inside blue: it has ended/);
  assert.deepEqual(await host.runtime.vantage(instance.id), { gap: `${instance.id} does not exist` });
});
