import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { type ProcessHost, processHost } from '../../../../test/suites/process-host.ts';
import {
  ask,
  eventually,
  instancesOf,
  never,
  specOf,
  target,
  webPool,
} from '../../../../test/suites/runtime.ts';
import { checkRunner } from '../checks/run.ts';
import type { PoolSpec } from '../ports/runtime.ts';
import { systemClock } from '../system/clock.ts';
import { type Supervisor, supervise } from './supervise.ts';

/** Its health can be told apart and switched: `/set?ready=no`, `/set?live=no`; `/exit` ends it. */
const patient = `
const http = require('node:http');
const health = { ready: 'yes', live: 'yes' };
http.createServer((request, response) => {
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/exit') process.exit(3);
  if (url.pathname === '/set') Object.assign(health, Object.fromEntries(url.searchParams));
  const ill = (url.pathname === '/readyz' && health.ready === 'no') || (url.pathname === '/healthz' && health.live === 'no');
  response.statusCode = ill ? 503 : 200;
  response.end(JSON.stringify({ pid: process.pid, env: {}, cwd: '' }));
}).listen(Number(process.env.PORT), process.env.HOST);
`;

let host: ProcessHost;
let artifact: string;
let supervisor: Supervisor;
/** Every membership that the router was told, in order. */
let told: string[][];
const lines: string[] = [];

before(async () => {
  host = await processHost();
  artifact = await mkdtemp(join(tmpdir(), 'gonogo-patient-'));
  await writeFile(join(artifact, 'server.js'), patient);
});
after(async () => {
  await host.close();
  await rm(artifact, { recursive: true, force: true });
});
beforeEach(() => {
  told = [];
  supervisor = supervise(
    {
      runtime: host.runtime,
      router: {
        members: async (_slot, members) => {
          told.push(members.map((member) => member.instance));
        },
        counters: () => Promise.reject(new Error('nobody asks for counters here')),
        drain: async () => true,
      },
      checks: checkRunner(),
      clock: systemClock,
      log: { info: (line) => lines.push(line), warn: (line) => lines.push(line) },
    },
    target,
  );
});
afterEach(async () => {
  await supervisor.stop();
  await host.runtime.remove(webPool, 2000);
});

const probe = { every: 50, timeout: 2000, failures: 2, successes: 1 };
function patientSpec(count: number): PoolSpec {
  const spec = specOf(artifact, { count });
  const health = {
    startup: { ...probe, get: '/startupz', failures: 400 },
    live: { ...probe, get: '/healthz' },
    ready: { ...probe, get: '/readyz' },
  };
  return { ...spec, manifest: { ...spec.manifest, health } };
}
const slot = { target, slot: 'blue' } as const;
const tell = (instance: { host: string; port: number }, path: string): Promise<unknown> =>
  fetch(`http://${instance.host}:${instance.port}${path}`).catch(() => undefined); // `/exit` does not answer.
const lastTold = (): string[] | undefined => told.at(-1);
const running = async () =>
  (await instancesOf(host.runtime)).filter((instance) => instance.state.is === 'running');

test('a pool that is wanted and missing is started, and its instances become members when they are ready', async () => {
  supervisor.want([{ slot, spec: patientSpec(2) }]);
  await eventually('two members', () => lastTold()?.length === 2);
  assert.deepEqual(lastTold()?.toSorted(), (await running()).map((instance) => instance.id).toSorted());
});

test('instances that serve already are never taken out while they are looked at for the first time', async () => {
  const spec = patientSpec(2);
  await host.runtime.apply(spec, 1, never());
  for (const instance of await running()) await ask(instance);
  supervisor.want([{ slot, spec }]);
  await eventually('being told', () => told.length > 0);
  assert.equal(told[0]?.length, 2);
});

test('an instance that ends leaves the membership and is started again at once; the next time it has to wait', async () => {
  const spec = patientSpec(2);
  supervisor.want([{ slot, spec }]);
  await eventually('two members', () => lastTold()?.length === 2);
  const [first, other] = await running();
  assert.ok(first && other);
  await tell(first, '/exit');
  await eventually('its leaving', () =>
    told.some((members) => members.length === 1 && members[0] === other.id),
  );
  await eventually('its replacement', () => lastTold()?.length === 2 && !lastTold()?.includes(first.id));
  const replacement = (await running()).find((instance) => instance.id !== other.id);
  assert.ok(replacement);
  await tell(replacement, '/exit');
  await eventually('the one that is left', () => lastTold()?.length === 1);
  const ended = await eventually('seeing how it ended', async () =>
    (await instancesOf(host.runtime)).find((instance) => instance.state.is === 'ended'),
  );
  assert.equal(ended.id, replacement.id);
  assert.equal(ended.state.is === 'ended' && ended.state.code, 3);
});

test('an instance that is not ready leaves the membership, and comes back when it is', async () => {
  supervisor.want([{ slot, spec: patientSpec(2) }]);
  await eventually('two members', () => lastTold()?.length === 2);
  const [first] = await running();
  assert.ok(first);
  await tell(first, '/set?ready=no');
  await eventually('its leaving', () => lastTold()?.length === 1 && !lastTold()?.includes(first.id));
  await tell(first, '/set?ready=yes');
  await eventually('its coming back', () => lastTold()?.length === 2 && lastTold()?.includes(first.id));
  assert.equal((await running()).length, 2);
});

test('an instance that is not alive any more is replaced by another', async () => {
  supervisor.want([{ slot, spec: patientSpec(1) }]);
  await eventually('one member', () => lastTold()?.length === 1);
  const [first] = await running();
  assert.ok(first);
  await tell(first, '/set?live=no');
  await eventually('its leaving', () => told.some((members, at) => at > 0 && members.length === 0));
  await eventually('its replacement', () => lastTold()?.length === 1 && lastTold()?.[0] !== first.id);
  assert.equal((await running()).length, 1);
});

test('a worker, which listens on nothing, is asked no probe and is not replaced for its silence', async () => {
  const spec = patientSpec(1);
  const pool = { ...webPool, role: 'mailer' };
  const health = { ...spec.manifest.health, startup: { ...probe, get: 'tcp', failures: 2 } };
  const run = { ...spec.manifest.run, command: ['node', '-e', 'setInterval(() => undefined, 1000)'] };
  supervisor.want([{ slot, spec: { ...spec, pool, manifest: { ...spec.manifest, health, run } } }]);
  const [first] = await eventually('the worker', async () => {
    const workers = await instancesOf(host.runtime, pool);
    return workers.length === 1 && workers;
  });
  await systemClock.sleep(1000); // Some twenty probes.
  assert.deepEqual(await instancesOf(host.runtime, pool), [first]);
  await supervisor.stop();
  await host.runtime.remove(pool, 2000);
});

test('membership is told only when it changed', async () => {
  supervisor.want([{ slot, spec: patientSpec(1) }]);
  await eventually('one member', () => lastTold()?.length === 1);
  const before = told.length;
  supervisor.want([{ slot, spec: patientSpec(1) }]);
  await systemClock.sleep(500); // Some ten probes.
  assert.equal(told.length, before);
});

test('a pool that is not wanted any more is left alone', async () => {
  supervisor.want([{ slot, spec: patientSpec(1) }]);
  await eventually('one member', () => lastTold()?.length === 1);
  supervisor.want([]);
  await host.runtime.remove(webPool, 2000);
  await systemClock.sleep(300); // Long enough for an answer to what changed.
  assert.deepEqual(await running(), []);
});
