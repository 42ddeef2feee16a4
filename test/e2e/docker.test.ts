// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import type { EnvironmentStatus, RolloutDetail } from '../../packages/gonogo/src/api/contract.ts';
import { needs } from '../require.ts';
import { type DockerHost, dockerHost } from '../suites/docker-host.ts';
import { eventually } from '../suites/eventually.ts';
import { dropInNext } from './support/drop.ts';
import { deployImage, dockerSandbox, writeImageConfig } from './support/images.ts';
import { makeDatabase } from './support/postgres.ts';
import { relayTo } from './support/relay.ts';
import { makeSandbox, type Sandbox } from './support/sandbox.ts';
import { askFront } from './support/site.ts';

const skip = needs('docker') || needs('postgres');
process.env.DOCKER_HOST = process.env.GONOGO_DOCKER_HOST ?? '';

/** Says which release it is; `/eat` takes memory until it is stopped. */
const site = (says: string): string => `
const http = require('node:http');
const server = http.createServer((request, response) => {
  if (request.url === '/eat') for (const all = []; ; ) all.push(Buffer.alloc(8 << 20, 1));
  response.end(${JSON.stringify(says)});
}).listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

const configuration = `
run: { port: 3000, memory: 128MB, stop: { grace: 2s } }
contract:
  env: { DATABASE_URL: { secret: true } }
  reach: ['\${DATABASE_URL}']
health:
  startup: { get: /, every: 100ms, failures: 100 }
  ready: { get: /, every: 100ms, timeout: 1s }
checks: [{ name: home, get: /, expect: { status: 200 } }]
environments:
  staging: { strategy: blue-green, watch: { for: 200ms } }
  production: { strategy: blue-green, watch: { for: 200ms }, keep: 1m }
`;

type Story = {
  readonly sandbox: Sandbox;
  readonly host: DockerHost;
  readonly databasePort: number;
  deploy(environment: string, image: string): Promise<RolloutDetail>;
};

async function begin(t: TestContext): Promise<Story> {
  const sandbox = dockerSandbox(await makeSandbox(t));
  const host = await dockerHost();
  t.after(() => host.close());
  const database = await makeDatabase(t);
  await writeImageConfig(sandbox, configuration);
  const url = new URL(database.url);
  const databasePort = await relayTo(t, { host: url.hostname, port: Number(url.port) });
  Object.assign(url, { hostname: 'host.docker.internal', port: String(databasePort) });
  const deploy = (environment: string, image: string): Promise<RolloutDetail> =>
    deployImage(sandbox, { environment, image, values: { DATABASE_URL: url.href } });
  return { sandbox, host, databasePort, deploy };
}

async function statusOf(sandbox: Sandbox, environment: string): Promise<EnvironmentStatus> {
  const all = (await sandbox.run(['status', '--format', 'json'])).json<EnvironmentStatus[]>();
  const found = all.find((one) => one.environment === environment);
  assert.ok(found);
  return found;
}

async function liveInstance(sandbox: Sandbox): Promise<{ id: string; pid?: number }> {
  const { slots } = await statusOf(sandbox, 'production');
  const [instance, ...more] = slots.find(({ role }) => role === 'live')?.instances ?? [];
  assert.ok(instance && more.length === 0);
  return instance;
}

test('a firewall rule between a new container and its database is a NO-GO before the flip, and says that staging reaches it', {
  skip,
}, async (t) => {
  const { sandbox, host, databasePort, deploy } = await begin(t);
  const [one, two] = [await host.artifact(site('one')), await host.artifact(site('two'))];
  assert.equal((await deploy('staging', one)).verdict, 'GO');
  const first = await deploy('production', one);
  assert.equal(first.verdict, 'GO', JSON.stringify(first));
  assert.ok(first.front);
  assert.equal((await askFront(first.front))?.text, 'one');
  assert.equal((await deploy('staging', two)).verdict, 'GO');

  const wasDropped = await dropInNext(host.docker, 'green', databasePort);
  const refused = await deploy('production', two);
  assert.ok(await wasDropped(), 'the rule was there');
  assert.equal(refused.verdict, 'NO-GO', JSON.stringify(refused));
  assert.equal(refused.ending, 'rejected');
  const shown = await sandbox.run(['show', refused.id]);
  assert.match(
    shown.stdout,
    /✗ reach \$\{DATABASE_URL\} \(host\.docker\.internal:\d+\) +from green: no answer in 3/,
  );
  assert.match(shown.stdout, /staging reaches it in \d+ ms/);
  assert.match(shown.stdout, /most likely a firewall rule/);
  assert.equal((await askFront(first.front))?.text, 'one', 'users stayed where they were');
  assert.equal((await statusOf(sandbox, 'production')).slots.length, 1, 'green is gone');

  assert.equal((await deploy('production', two)).verdict, 'GO');
  assert.equal((await askFront(first.front))?.text, 'two');
  await sandbox.stop();
  const left = await host.docker.listContainers({ all: true, filters: { label: ['gonogo.service=site'] } });
  assert.deepEqual(left, [], 'no container is left');
});

test('containers outlive the agent, and one that is killed, removed by hand or out of memory is replaced', {
  skip,
}, async (t) => {
  const { sandbox, host, deploy } = await begin(t);
  const { front, verdict } = await deploy('production', await host.artifact(site('one')));
  assert.equal(verdict, 'GO');
  assert.ok(front);
  const first = await liveInstance(sandbox);
  const agent = (await sandbox.run(['agent', 'status', '--format', 'json'])).json<{
    agent: { pid: number };
  }>();
  process.kill(agent.agent.pid, 'SIGKILL');
  assert.deepEqual((await liveInstance(sandbox)).pid, first.pid, 'the same process');
  assert.equal((await askFront(front))?.text, 'one');

  const replaced = async (what: string, before: string): Promise<string> =>
    await eventually(what, async () => {
      const { slots } = await statusOf(sandbox, 'production');
      const [now, ...more] = slots.find(({ role }) => role === 'live')?.instances ?? [];
      const serves = now?.state === 'running' && (await askFront(front))?.text === 'one';
      return serves && more.length === 0 && now.id !== before && now.id;
    });
  await host.docker.getContainer(first.id).remove({ force: true });
  const second = await replaced('a replacement for what was removed by hand', first.id);

  await fetch(`http://127.0.0.1:${front.port}/eat`).catch(() => undefined); // It is killed before it answers.
  const log = await eventually('the reason in the agent’s log', async () => {
    const text = await readFile(sandbox.state.agentLog, 'utf8');
    return text.includes('more memory than it may') && text;
  });
  assert.match(log, new RegExp(`${second} was killed: it used more memory than it may`));
  await sandbox.stop();
});
