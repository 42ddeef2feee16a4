import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { needs } from '../../../../test/require.ts';
import { dockerHost } from '../../../../test/suites/docker-host.ts';
import { eventually } from '../../../../test/suites/eventually.ts';
import { type ProcessHost, processHost } from '../../../../test/suites/process-host.ts';
import {
  instancesOf,
  listens,
  never,
  specOf,
  target,
  theOne,
  webPool,
} from '../../../../test/suites/runtime-tools.ts';
import { checkRunner } from '../checks/run.ts';
import type { Scaling } from '../domain/scaling.ts';
import { poolKey } from '../domain/slot.ts';
import type { InstanceId, Runtime } from '../ports/runtime.ts';
import { systemClock } from '../system/clock.ts';
import { type Supervisor, supervise, type Wanted } from './supervise.ts';

/** Takes nearly a third of a processor while there is no file `idle` in $ROOM. With $ALONE only the first one lives. */
const busy = `
const fs = require('node:fs');
if (process.env.ALONE) try { fs.mkdirSync(process.env.ROOM + '/alone'); } catch { process.exit(1); }
setInterval(() => {
  const end = performance.now() + 15;
  if (!fs.existsSync(process.env.ROOM + '/idle')) while (performance.now() < end);
}, 50);
require('node:http').createServer((_, answer) => answer.end()).listen(process.env.PORT, process.env.HOST);
`;

const slot = { target, slot: 'blue' } as const;
const key = poolKey(webPool);

let host: ProcessHost;
let artifact: string;
let room: string;
let supervisor: Supervisor | undefined;
let told: InstanceId[][];
let lines: string[];
/** How many periods were begun. */
let periods: number;

before(async () => {
  host = await processHost();
  artifact = await host.artifact(busy);
});
after(() => host.close());
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'gonogo-busy-'));
  [told, lines, periods] = [[], [], 0];
});
afterEach(async () => {
  await supervisor?.stop();
  supervisor = undefined;
  await host.runtime.remove(webPool, 2000);
  await rm(room, { recursive: true, force: true });
});

type Router = Parameters<typeof supervise>[0]['router'];
const scaleEvery = 400;

function start(
  rest: { readonly runtime?: Partial<Runtime>; readonly router?: Partial<Router> } = {},
): Supervisor {
  const sleep: typeof systemClock.sleep = async (ms, signal) => {
    if (ms === scaleEvery) periods += 1;
    await systemClock.sleep(ms, signal);
  };
  supervisor = supervise(
    {
      runtime: { ...host.runtime, ...rest.runtime },
      router: {
        members: async (_slot, members) => void told.push(members.map(({ instance }) => instance)),
        counters: () => Promise.reject(new Error('nobody counts requests here')),
        drain: async () => ({ closed: 0, cut: 0 }),
        ...rest.router,
      },
      checks: checkRunner(),
      clock: { ...systemClock, sleep },
      log: { info: (line) => lines.push(line), warn: (line) => lines.push(line) },
      scaleEvery,
    },
    target,
  );
  return supervisor;
}

function pool(scaling: Partial<Scaling> = {}, values: Record<string, string> = {}): Wanted {
  const range: Scaling = { min: 1, max: 3, by: 'cpu', target: 0.08, downAfter: 0, ...scaling };
  const spec = specOf(artifact, { count: range.min, values: { ROOM: room, ...values } });
  const probe = { every: 50, timeout: 2000, failures: 400, successes: 1, get: 'tcp' };
  const health = { startup: probe, ready: probe };
  return { slot, spec: { ...spec, manifest: { ...spec.manifest, health } }, scaling: range };
}

const idle = (): Promise<void> => writeFile(join(room, 'idle'), '');
const lastTold = (): InstanceId[] => told.at(-1) ?? [];
const runningIds = async (): Promise<InstanceId[]> =>
  (await instancesOf(host.runtime)).filter(({ state }) => state.is === 'running').map(({ id }) => id);
const pass = async (count: number): Promise<void> => {
  const until = periods + count;
  await eventually(`${count} periods`, () => periods >= until);
};

test('a pool grows while its instances are busy and shrinks when they are not, within its range', async () => {
  const drained: { readonly ids: readonly InstanceId[]; readonly were: string }[] = [];
  const drain: Router['drain'] = async (_slot, _deadline, ids = []) => {
    const up = await runningIds();
    const were = ids.every((id) => up.includes(id) && !lastTold().includes(id))
      ? 'up, no members'
      : 'something else';
    drained.push({ ids, were });
    return { closed: 0, cut: 0 };
  };
  start({ router: { drain } }).want([pool({ downAfter: 5 * scaleEvery })], 'blue');
  await eventually('three members', () => lastTold().length === 3);
  await eventually('three instances', async () => (await runningIds()).length === 3);
  await idle();
  await eventually('one instance', async () => (await runningIds()).length === 1);
  assert.deepEqual(lastTold(), await runningIds());
  assert.deepEqual(
    drained.map(({ were }) => were),
    drained.map(() => 'up, no members'),
    'who goes leaves the membership, then drains, then ends',
  );
  assert.ok(drained.flatMap(({ ids }) => ids).length >= 2);
  const ends = lines.filter((line) => / ended| is ended/.test(line));
  assert.deepEqual(ends, [], 'an end that was wanted is no news');
  assert.ok(
    lines.some((line) => /goes from 1 to \d instances: cpu [\d.]+ % of 8 %/.test(line)),
    lines.join('\n'),
  );
});

test('an agent that is started anew goes on with as many as run', async () => {
  await idle();
  const { spec } = pool();
  await host.runtime.apply({ ...spec, count: 3 }, 1, never());
  start().want([pool({ downAfter: 600_000, max: 5 })], 'blue');
  await eventually('three members', () => lastTold().length === 3);
  await pass(3);
  assert.equal((await runningIds()).length, 3);
  assert.equal(supervisor?.scales().get(key)?.count, 3);
});

test('nothing grows or shrinks while something else acts on the environment', async () => {
  const resting = start();
  resting.want([pool()]);
  await eventually('one member', () => lastTold().length === 1);
  await systemClock.sleep(3 * scaleEvery); // As long as it would take to grow.
  assert.equal((await runningIds()).length, 1);
  resting.want([pool()], 'blue');
  await eventually('three members', () => lastTold().length === 3);
});

test('a rollout that begins while an instance drains calls it off', async () => {
  await idle();
  await host.runtime.apply({ ...pool().spec, count: 2 }, 1, never());
  const draining = Promise.withResolvers<void>();
  const rollout = Promise.withResolvers<Awaited<ReturnType<Router['drain']>>>();
  const drain: Router['drain'] = () => {
    draining.resolve();
    return rollout.promise;
  };
  const called = start({ router: { drain } });
  called.want([pool()], 'blue');
  await draining.promise;
  assert.equal(lastTold().length, 1);
  called.want([pool()]);
  rollout.resolve({ closed: 0, cut: 0 });
  await eventually('both members again', () => lastTold().length === 2);
  assert.equal((await runningIds()).length, 2);
});

test('a supervision that ends waits for no drain, and the instance runs on', async () => {
  await idle();
  await host.runtime.apply({ ...pool().spec, count: 2 }, 1, never());
  const draining = Promise.withResolvers<void>();
  const drain: Router['drain'] = () => {
    draining.resolve();
    return new Promise(() => undefined);
  };
  const ending = start({ router: { drain } });
  ending.want([pool()], 'blue');
  await draining.promise;
  await ending.stop();
  assert.equal((await runningIds()).length, 2);
});

test('instances in a crash loop are no capacity, and do not make it grow without end', async () => {
  const alone = pool({ max: 50, target: 0.15 }, { ALONE: 'yes' });
  start().want([alone], 'blue');
  await eventually('growing', () => (supervisor?.scales().get(key)?.count ?? 0) > 1);
  await pass(4);
  const count = supervisor?.scales().get(key)?.count ?? 0;
  assert.ok(count <= 3, `${count} instances, of which one lives`);
  assert.equal(lastTold().length, 1);
});

test('the one that carries the load never goes for others that do not', async () => {
  await idle();
  const alone = pool({ downAfter: 0 }, { ALONE: 'yes' });
  await host.runtime.apply({ ...alone.spec, count: 1 }, 1, never());
  const { id: first, port, host: address } = await theOne(host.runtime);
  await eventually('the first to be alone', () => listens(address, port));
  // Its place is the last one when those before it are empty.
  const observe: Runtime['observe'] = async (about) =>
    (await host.runtime.observe(about)).map((seen) => ({
      ...seen,
      instances: seen.instances.toSorted((a, b) => Number(a.id === first) - Number(b.id === first)),
    }));
  await host.runtime.apply({ ...alone.spec, count: 3 }, 1, never());
  start({ runtime: { observe } }).want([alone], 'blue');
  await eventually('one member', () => lastTold().length === 1);
  await pass(4);
  const since = told.slice(told.findIndex((members) => members.includes(first)));
  assert.deepEqual([...new Set(since.flat())], [first]);
  assert.ok(
    since.every((members) => members.length === 1),
    'it was a member all the time',
  );
  assert.ok((await runningIds()).includes(first));
});

test('a load that cannot be measured changes nothing, and is said once', async () => {
  start({ runtime: { processorTimes: async () => new Map() } }).want([pool()], 'blue');
  await eventually('one member', () => lastTold().length === 1);
  await pass(5);
  assert.equal((await runningIds()).length, 1);
  const said = lines.filter((line) => line.includes('cannot be measured'));
  assert.deepEqual(said, [
    'shop production web keeps its size, its load cannot be measured: the processor time of its instances cannot be read',
  ]);
});

test('it grows no further than the memory of the host allows, and says so once', async () => {
  const vet: Runtime['vet'] = async ({ count }) => ({
    asked: {},
    ...((await runningIds()).length + count > 2 ? { fault: 'the host has no memory for more' } : {}),
  });
  start({ runtime: { vet } }).want([pool({ max: 8 })], 'blue');
  await eventually('two members', () => lastTold().length === 2);
  await pass(4);
  assert.equal((await runningIds()).length, 2);
  assert.equal(supervisor?.scales().get(key)?.limit, 'the host has no memory for more');
  const said = lines.filter((line) => line.includes('cannot grow'));
  assert.equal(said.length, 1, said.join('\n'));
  assert.match(
    said[0] ?? '',
    /^shop production web cannot grow to \d instances \(cpu .*\): the host has no memory/,
  );
});

test('a share is one of the processors that an instance may use', async () => {
  const quarter = async () =>
    new Map((await runningIds()).map((id) => [id, systemClock.mono() / 4] as const));
  start({ runtime: { processorTimes: quarter } }).want([pool({ target: 0.25, downAfter: 600_000 })], 'blue');
  await eventually('one member', () => lastTold().length === 1);
  await pass(3);
  assert.equal((await runningIds()).length, 1);
  const half = pool({ target: 0.25, downAfter: 600_000 });
  const { manifest } = half.spec;
  const run = { ...manifest.run, cpus: 0.5 };
  supervisor?.want([{ ...half, spec: { ...half.spec, manifest: { ...manifest, run } } }], 'blue');
  await eventually('two members or more', () => lastTold().length >= 2);
});

test('containers grow with their load as well', { skip: needs('docker') }, async (t) => {
  const docker = await dockerHost();
  t.after(() => docker.close());
  const spec = { ...pool().spec, artifact: await docker.artifact(busy) };
  start({ runtime: docker.runtime }).want([{ ...pool({ max: 2 }), spec }], 'blue');
  await eventually('two members', () => lastTold().length === 2);
  assert.equal((await instancesOf(docker.runtime)).length, 2);
  await supervisor?.stop();
});

test('requests in flight are shared by all that are ready', async () => {
  let inFlight = 50;
  const counter = (incarnation: string, inFlight: number) => ({
    ...{ incarnation, requests: 0, errors: 0, inFlight },
    latency: { bounds: [], counts: [] },
  });
  const counters: Router['counters'] = async () => [counter('one', 10), counter('two', inFlight - 10)];
  start({ router: { counters } }).want([pool({ by: 'in_flight', target: 20, max: 9 })], 'blue');
  await eventually('three members', () => lastTold().length === 3);
  inFlight = 21;
  await eventually('two members', () => lastTold().length === 2);
  await eventually('two instances', async () => (await runningIds()).length === 2);
});
