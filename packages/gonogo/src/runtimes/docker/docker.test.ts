import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { needs } from '../../../../../test/require.ts';
import { type DockerHost, dockerHost } from '../../../../../test/suites/docker-host.ts';
import { eventually } from '../../../../../test/suites/eventually.ts';
import {
  ask,
  instancesOf,
  never,
  server,
  specOf,
  target,
  theOne,
  webPool,
} from '../../../../../test/suites/runtime-tools.ts';
import type { LogLine, ObservedInstance, PoolSpec } from '../../ports/runtime.ts';
import { explainEnd, explainSilence } from '../../steps/explain.ts';
import { DockerOptions } from './options.ts';

const skip = needs('docker');
let host: DockerHost;

before(async () => {
  if (!skip) host = await dockerHost({ options: DockerOptions.parse({ logs: { bytes: 20_000, files: 2 } }) });
});
afterEach(async () => {
  if (!skip) await host.runtime.remove(webPool, 500);
});
after(async () => {
  if (!skip) await host.close();
});

const apply = (spec: PoolSpec): Promise<void> => host.runtime.apply(spec, 1, never());
const ours = { label: [] as string[] };
const containers = () =>
  host.docker.listContainers({ all: true, filters: { ...ours, label: [`gonogo.owner=${host.owner}`] } });

async function ended(): Promise<ObservedInstance> {
  return await eventually('the end', async () => {
    const instance = await theOne(host.runtime);
    return instance.state.is === 'ended' && instance;
  });
}

async function lines(count = 100): Promise<string[]> {
  const found: LogLine[] = [];
  const wish = { lines: count, follow: false, signal: never() };
  for await (const line of host.runtime.logs(webPool, wish)) found.push(line);
  return found.map(({ text }) => text);
}

test('an image that is not there is named', { skip }, async () => {
  const image = `sha256:${'0'.repeat(64)}`;
  await assert.rejects(apply(specOf(image)), { code: 'IMAGE_MISSING', message: new RegExp(image) });
  assert.deepEqual(await containers(), []);
});

test('a command that the image does not have is a sentence', { skip }, async () => {
  await apply(specOf(await host.artifact(server), { run: { command: ['no-such-program'] } }));
  const { why, hint } = explainEnd(await ended(), 'blue', await lines());
  assert.equal(why, 'an instance in blue cannot start: its image has no command no-such-program');
  assert.match(hint, /run\.command/);
});

test('a network that is not there is named, and leaves no container', { skip }, async () => {
  const spec = specOf(await host.artifact(server), { run: { networks: ['bridge', 'no-such-network'] } });
  await assert.rejects(apply(spec), { code: 'NETWORK_MISSING', message: /no-such-network/ });
  assert.deepEqual(await containers(), []);
});

test('a container that exits at once says how, and why by its last words', { skip }, async () => {
  await apply(
    specOf(await host.artifact(`console.error('config: DATABASE_URL is missing'); process.exit(9);`)),
  );
  const { why } = explainEnd(await ended(), 'blue', await lines());
  assert.equal(
    why,
    'an instance in blue ended with exit code 9; its last words: config: DATABASE_URL is missing',
  );
});

test('a container that listens on 127.0.0.1 inside is told so in so many words', { skip }, async () => {
  await apply(specOf(await host.artifact(`require('node:http').createServer().listen(8080, '127.0.0.1');`)));
  const instance = await theOne(host.runtime);
  await eventually('its port', async () => (await host.runtime.listening(instance.id))?.length);
  const { why, hint } = await explainSilence(host, { instance, slot: 'blue', last: undefined });
  assert.equal(
    why,
    'an instance in blue listens on 127.0.0.1:8080 inside its container, where nothing from outside reaches it',
  );
  assert.match(hint, /0\.0\.0\.0/);
});

test('a container that listens on another port is told which to name', { skip }, async () => {
  await apply(specOf(await host.artifact(`require('node:http').createServer().listen(4000);`)));
  const instance = await theOne(host.runtime);
  await eventually('its port', async () => (await host.runtime.listening(instance.id))?.length);
  const { why, hint } = await explainSilence(host, { instance, slot: 'blue', last: undefined });
  assert.equal(why, 'an instance in blue listens on port 4000, not on the port 8080 it was given');
  assert.match(hint, /run\.port: 4000/);
});

test('the only port that an image exposes is the one that is published', { skip }, async () => {
  await apply(specOf(await host.artifact(server, { lines: ['EXPOSE 4711/tcp', 'EXPOSE 53/udp'] })));
  const { env } = await ask(await theOne(host.runtime));
  assert.equal(env.PORT, '4711');
});

test('a container that was killed for its memory says so, however late the engine hears of it', {
  skip,
}, async () => {
  const greedy = `require('node:http').createServer((request, response) => {
    if (request.url === '/eat') for (const all = []; ; ) all.push(Buffer.alloc(8 << 20, 1));
    response.end('{}');
  }).listen(8080);`;
  await apply(specOf(await host.artifact(greedy), { count: 4, run: { memory: 64 << 20 } }));
  const instances = await instancesOf(host.runtime);
  await Promise.all(instances.map(eatUnheard));
  await eventually('their end', async () =>
    (await instancesOf(host.runtime)).every(({ state }) => state.is === 'ended'),
  );
  for (const { state } of await instancesOf(host.runtime))
    assert.equal(state.is === 'ended' && state.outOfMemory, 'limit');
});

/** Who tells the engine of a container does not run until it is over. */
async function eatUnheard(instance: ObservedInstance): Promise<void> {
  assert.ok(instance.state.is === 'running');
  const { pid } = instance.state;
  const field = async (at: number): Promise<string | undefined> =>
    (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[at];
  await ask(instance);
  const shim = Number(await field(1));
  process.kill(shim, 'SIGSTOP');
  try {
    const asking = fetch(`http://${instance.host}:${instance.port}/eat`).catch(() => undefined); // It is killed before it answers.
    await eventually('its death', async () => (await field(0)) === 'Z');
    await asking;
  } finally {
    process.kill(shim, 'SIGCONT');
  }
}

test('a container that ignores SIGTERM is killed after its grace', { skip }, async () => {
  await apply(specOf(await host.artifact(`process.on('SIGTERM', () => console.log('no')); ${server}`)));
  await ask(await theOne(host.runtime));
  const begun = performance.now();
  await host.runtime.remove(webPool, 400);
  assert.ok(performance.now() - begun >= 400, 'it had its grace');
  assert.deepEqual(await containers(), []);
});

test('an image’s own stop signal is the one that is sent', { skip }, async () => {
  const script = `process.on('SIGTERM', () => {}); process.on('SIGQUIT', () => process.exit(0)); ${server}`;
  await apply(specOf(await host.artifact(script, { lines: ['STOPSIGNAL SIGQUIT'] })));
  await ask(await theOne(host.runtime));
  await host.runtime.remove(webPool, 600_000); // It would be waited for, and it is not.
});

test('a container that fills its log keeps the end of it, and no more than it may', { skip }, async () => {
  const script = `for (let i = 0; i < 5000; i++) console.log('line ' + i); setInterval(() => {}, 1000);`;
  await apply(specOf(await host.artifact(script)));
  await eventually('its last line', async () => (await lines(1)).includes('line 4999'));
  const [container] = await containers();
  const { LogPath } = await host.docker.getContainer(container?.Id ?? '').inspect();
  const names = await readdir(dirname(LogPath));
  const logs = names.filter((name) => name.includes('-json.log'));
  const sizes = await Promise.all(logs.map(async (name) => (await stat(join(dirname(LogPath), name))).size));
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 60_000, `${sizes}`);
});

test('its files cannot be changed but for /tmp and what is shared, which outlives it', { skip }, async () => {
  const script = `
    const { writeFileSync } = require('node:fs');
    writeFileSync('/tmp/a', 'a');
    writeFileSync('uploads/b', 'b by ' + process.getuid());
    try { writeFileSync('/app/c', 'c'); } catch (error) { console.log(error.code); }
    setInterval(() => {}, 1000);`;
  const run = { shared: ['uploads'], user: '1234:1234' };
  const artifact = await host.artifact(script, { files: { 'uploads/.keep': '' } });
  await apply(specOf(artifact, { run }));
  await eventually('the refusal', async () => (await lines()).includes('EROFS'));
  await host.runtime.remove(webPool, 1000);
  const kept = join(host.shared, 'acme/shop/production/local/uploads/b');
  assert.equal(await readFile(kept, 'utf8'), 'b by 1234');
});

test('a container that is removed by hand is told of, and its place is filled again', { skip }, async () => {
  const spec = specOf(await host.artifact(server), { count: 2 });
  await apply(spec);
  const [first, second] = await instancesOf(host.runtime);
  const told: string[] = [];
  const off = host.runtime.onChange((pool) => told.push(pool.role));
  await host.docker.getContainer(first?.id ?? '').remove({ force: true });
  await eventually('being told', () => told.includes('web'));
  off();
  await eventually('its absence', async () => (await instancesOf(host.runtime)).length === 1);
  assert.equal(await host.runtime.restart(spec, { of: first?.id ?? '', inARow: 1 }, never()), undefined);
  await apply(spec);
  const after = await instancesOf(host.runtime);
  assert.equal(after.length, 2);
  assert.ok(
    after.some(({ id }) => id === second?.id),
    'the other one was left alone',
  );
});

test('a port that is taken between choosing and binding is left for another', { skip }, async (t) => {
  const taken: net.Server[] = [];
  let chosen: number | undefined;
  const newId = (): string => {
    // The port is chosen by now, and the container is not there yet.
    if (chosen !== undefined && taken.length === 0)
      taken.push(net.createServer().listen(chosen, '127.0.0.1'));
    return Math.random().toString(36).slice(2);
  };
  const other = await dockerHost({ newId, random: () => 0.25 });
  t.after(async () => {
    for (const one of taken) one.close();
    await other.close();
  });
  const spec = specOf(await other.artifact(server));
  await other.runtime.apply(spec, 1, never());
  const first = await theOne(other.runtime);
  await other.runtime.remove(webPool, 1000);
  chosen = first.port; // The next choice begins there again.
  await other.runtime.apply(spec, 1, never());
  const second = await theOne(other.runtime);
  assert.equal(taken.length, 1);
  assert.notEqual(second.port, first.port);
  await ask(second);
});

test('a command that is given up before the engine has started it is ended all the same', {
  skip,
}, async () => {
  await apply(specOf(await host.artifact(server)));
  const vantage = await host.runtime.vantage((await theOne(host.runtime)).id);
  assert.ok('run' in vantage && vantage.run);
  const givingUp = new AbortController();
  const running = vantage.run(['node', '-e', 'setInterval(() => {}, 1e6)'], {
    env: {},
    cwd: '/',
    signal: givingUp.signal,
  });
  givingUp.abort();
  assert.equal((await running).signal, 'SIGKILL');
});

test('what is another owner’s, or nobody’s, is left alone', { skip }, async (t) => {
  const other = await dockerHost();
  t.after(() => other.close());
  const spec = specOf(await host.artifact(server));
  const stranger = await host.docker.createContainer({
    Image: spec.artifact,
    name: `stranger-${host.owner}`,
    Labels: { 'gonogo.kind': 'instance', 'gonogo.service': 'shop' },
  });
  t.after(() => stranger.remove({ force: true }));
  await apply(spec);
  const theirs = await theOne(host.runtime);
  assert.deepEqual(await other.runtime.observe(target), []);
  await other.runtime.apply(specOf(spec.artifact), 1, never());
  await other.runtime.remove(webPool, 1000);
  assert.deepEqual((await theOne(host.runtime)).state, theirs.state);
  await host.runtime.remove(webPool, 1000);
  assert.equal((await stranger.inspect()).State.Status, 'created');
});

test('a container that was made and never started is no instance, and is cleared away', {
  skip,
}, async () => {
  const spec = specOf(await host.artifact(server));
  await apply(spec);
  const { id } = await theOne(host.runtime);
  const { Config, HostConfig } = await host.docker.getContainer(id).inspect();
  await host.runtime.remove(webPool, 1000);
  await host.docker.createContainer({ ...Config, name: `${id}.unborn`, HostConfig });
  assert.deepEqual(await host.runtime.observe(target), []);
  await apply(spec);
  assert.equal((await containers()).length, 1);
  await ask(await theOne(host.runtime));
});

test('who was replaced before its agent was killed is only cleared away, not replaced a second time', {
  skip,
}, async () => {
  const spec = specOf(await host.artifact(server));
  await apply(spec);
  const { id } = await theOne(host.runtime);
  const { Config, HostConfig } = await host.docker.getContainer(id).inspect();
  const unpublished = { ...HostConfig, PortBindings: {} };
  const heir = await host.docker.createContainer({ ...Config, name: `${id}.heir`, HostConfig: unpublished });
  await heir.start();
  await host.docker.getContainer(id).kill();
  await eventually('its end', async () =>
    (await instancesOf(host.runtime)).some((one) => one.id === id && one.state.is === 'ended'),
  );
  assert.equal(await host.runtime.restart(spec, { of: id, inARow: 1 }, never()), undefined);
  assert.equal((await theOne(host.runtime)).id, `${id}.heir`);
});

test('fifty instances of one service come and go', { skip }, async () => {
  const artifact = await host.artifact(
    `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 10000);`,
  );
  await apply(specOf(artifact, { count: 50 }));
  const all = await instancesOf(host.runtime);
  assert.equal(all.filter(({ state }) => state.is === 'running').length, 50);
  assert.equal(new Set(all.map(({ port }) => port)).size, 50);
  await host.runtime.remove(webPool, 5000);
  assert.deepEqual(await containers(), []);
});
