import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { eventually } from '../../../../test/suites/eventually.ts';
import { type ProcessHost, processHost } from '../../../../test/suites/process-host.ts';
import { ask, instancesOf, never, specOf, target, webPool } from '../../../../test/suites/runtime-tools.ts';
import { checkRunner } from '../checks/run.ts';
import type { Health } from '../domain/release.ts';
import type { PoolSpec, Runtime } from '../ports/runtime.ts';
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
  response.end(JSON.stringify({ pid: process.pid, env: {}, cwd: '', scope: health.scope }));
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
  lines.length = 0;
  supervisor = superviseWith(host.runtime);
});
afterEach(async () => {
  await supervisor.stop();
  await host.runtime.remove(webPool, 2000);
});

const superviseWith = (runtime: Runtime, clock = systemClock): Supervisor =>
  supervise(
    {
      runtime,
      router: {
        members: async (_slot, members) => {
          told.push(members.map((member) => member.instance));
        },
        counters: () => Promise.reject(new Error('nobody asks for counters here')),
        drain: async () => ({ closed: 0, cut: 0 }),
      },
      checks: checkRunner(),
      clock,
      log: { info: (line) => lines.push(line), warn: (line) => lines.push(line) },
    },
    target,
  );

const probe = { every: 50, timeout: 2000, failures: 2, successes: 1 };
function patientSpec(count: number, wish: Partial<Health> = {}): PoolSpec {
  const spec = specOf(artifact, { count });
  const health = {
    startup: { ...probe, get: '/startupz', failures: 400 },
    live: { ...probe, get: '/healthz' },
    ready: { ...probe, get: '/readyz' },
    ...wish,
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

test('an instance that dies leaves the membership though nobody asks it for a long time', async () => {
  const rare = { ...probe, get: '/readyz', every: 3_600_000 };
  supervisor.want([{ slot, spec: patientSpec(2, { ready: rare, live: rare }) }]);
  await eventually('two members', () => lastTold()?.length === 2);
  const [first] = await running();
  assert.ok(first?.state.is === 'running');
  process.kill(-first.state.pid, 'SIGKILL');
  await eventually('its leaving', () =>
    told.some((members) => !members.includes(first.id) && members.length === 1),
  );
  await eventually('its end in words', () =>
    lines.some((line) => line.endsWith('was ended by SIGKILL: it is started again at once')),
  );
});

test('an instance that somebody started again behind our back becomes a member again when it is ready', async () => {
  let again = 0;
  let tellEnd: (id: string) => void = () => undefined;
  // A container keeps its name when it is started again by hand; whoever looks then sees only that it runs.
  const runtime: Runtime = {
    ...host.runtime,
    onChange: (listener) => {
      tellEnd = (id) => listener(webPool, id);
      return host.runtime.onChange(listener);
    },
    observe: async (about) =>
      (await host.runtime.observe(about)).map((pool) => ({
        ...pool,
        instances: pool.instances.map((one) => ({
          ...one,
          state:
            one.state.is === 'running' ? { ...one.state, startedAt: one.state.startedAt + again } : one.state,
        })),
      })),
  };
  const other = superviseWith(runtime);
  try {
    other.want([{ slot, spec: patientSpec(1) }]);
    await eventually('one member', () => lastTold()?.length === 1);
    const [first] = await running();
    again = 1000;
    tellEnd(first?.id ?? '');
    await eventually('its leaving', () => told.some((members, at) => at > 0 && members.length === 0));
    await eventually('its coming back', () => lastTold()?.[0] === first?.id);
  } finally {
    await other.stop();
  }
});

test('an instance that lost its keeper leaves the membership when it dies as well', async () => {
  const rare = { ...probe, get: '/readyz', every: 3_600_000 };
  supervisor.want([{ slot, spec: patientSpec(2, { ready: rare, live: rare }) }]);
  await eventually('two members', () => lastTold()?.length === 2);
  const [first] = await running();
  assert.ok(first?.state.is === 'running');
  process.kill(await host.keeperPid(), 'SIGKILL');
  process.kill(-first.state.pid, 'SIGKILL');
  await eventually('its leaving', () =>
    told.some((members) => !members.includes(first.id) && members.length === 1),
  );
  await eventually('its replacement', () => lastTold()?.length === 2);
});

test('a loop of crashes is announced once, is reported, and its back-off outlives the supervisor', async () => {
  const spec = patientSpec(1);
  await host.runtime.apply(spec, 1, never());
  const [first] = await running();
  const again = await host.runtime.restart(spec, { of: first?.id ?? '', inARow: 1 }, never());
  const [second] = await running();
  assert.ok(second);
  await ask(second);
  await tell(second, '/exit');
  const endingOf = (by: Supervisor) =>
    again === undefined ? undefined : by.report().instance(again)?.ending;
  supervisor.want([{ slot, spec }]);
  const ending = await eventually('the report of its end', () => endingOf(supervisor));
  assert.deepEqual([ending.how, ending.times], ['ended with exit code 3', 2]);
  const [seen] = await instancesOf(host.runtime);
  assert.ok(seen?.state.is === 'ended');
  const wait = (until: number): number => until - (seen.state.is === 'ended' ? seen.state.endedAt : 0);
  assert.ok(wait(ending.again) >= 9000 && wait(ending.again) <= 11_000, `${wait(ending.again)} ms`);
  assert.equal(lines.filter((line) => line.includes('crash loop')).length, 1);
  const other = superviseWith(await host.again());
  other.want([{ slot, spec }]);
  const later = await eventually('the report of the next supervisor', () => endingOf(other));
  assert.equal(later.times, 2);
  assert.ok(wait(later.again) >= 9000 && wait(later.again) <= 11_000, `${wait(later.again)} ms`);
  await other.stop();
  assert.deepEqual(await running(), []);
});

test('an instance that is not alive waits for its replacement out of traffic and ended, for the same reason', async () => {
  const spec = patientSpec(1);
  await host.runtime.apply(spec, 1, never());
  const [first] = await running();
  const id = await host.runtime.restart(spec, { of: first?.id ?? '', inARow: 1 }, never());
  const [second] = await running();
  assert.ok(id !== undefined && second);
  await ask(second);
  /** What the router had been told when it was ended. */
  let membersThen: string[] | undefined;
  const end: Runtime['end'] = async (...asked) => {
    membersThen = lastTold();
    await host.runtime.end(...asked);
  };
  const other = superviseWith({ ...host.runtime, end });
  try {
    other.want([{ slot, spec }]);
    await eventually('one member', () => lastTold()?.length === 1);
    await tell(second, '/set?live=no');
    await eventually('its end', () => other.report().instance(id)?.condition === 'ended');
    assert.deepEqual(membersThen, []);
    const [seen] = await instancesOf(host.runtime);
    assert.deepEqual([seen?.id, seen?.state.is], [id, 'ended']);
    const ending = other.report().instance(id)?.ending;
    assert.deepEqual([ending?.how, ending?.times], ['is not alive: its liveness probe failed 2 times', 2]);
  } finally {
    await other.stop();
  }
  const later = superviseWith(await host.again());
  try {
    later.want([{ slot, spec }]);
    const ending = await eventually('the next report', () => later.report().instance(id)?.ending);
    const [seen] = await instancesOf(host.runtime);
    const waits = ending.again - (seen?.state.is === 'ended' ? seen.state.endedAt : 0);
    assert.deepEqual([seen?.id, ending.times], [id, 2]);
    assert.ok(waits >= 9000 && waits <= 11_000, `${waits} ms`);
  } finally {
    await later.stop();
  }
});

test('who waits after a crash is not started early because another of its pool is missing', async () => {
  const spec = patientSpec(1);
  await host.runtime.apply(spec, 1, never());
  const [first] = await running();
  const waiting = await host.runtime.restart(spec, { of: first?.id ?? '', inARow: 1 }, never());
  const [second] = await running();
  assert.ok(second);
  await ask(second);
  await tell(second, '/exit');
  supervisor.want([{ slot, spec: patientSpec(2) }]);
  await eventually('the one that was missing', () => told.some((members) => members.length > 0));
  const found = await instancesOf(host.runtime);
  assert.deepEqual(
    found.map(({ id, state }) => [id === waiting, state.is]),
    [
      [true, 'ended'],
      [false, 'running'],
    ],
  );
});

test('what cannot be started is tried again later and later, and is complained of once', async () => {
  const steps = [1000, 2000, 4000, 8000, 10_000];
  const waits: number[] = [];
  const refuse = (): Promise<never> => Promise.reject(new Error('there is no such command'));
  const sleep: typeof systemClock.sleep = async (ms, signal) => {
    if (!steps.includes(ms)) return await systemClock.sleep(ms, signal);
    waits.push(ms);
    await systemClock.sleep(1, signal);
  };
  const other = superviseWith({ ...host.runtime, apply: refuse }, { ...systemClock, sleep });
  try {
    other.want([{ slot, spec: patientSpec(1) }]);
    await eventually('many attempts', () => waits.length >= 6);
    assert.deepEqual(waits.slice(0, 6), [...steps, 10_000]);
    assert.deepEqual(lines.filter((line) => line.includes('no such command')).length, 1);
  } finally {
    await other.stop();
  }
});

test('a probe is not asked before its delay', async () => {
  const startup = { ...probe, get: '/startupz', delay: 700 };
  supervisor.want([{ slot, spec: patientSpec(1, { startup }) }]);
  await eventually('one member', () => lastTold()?.length === 1);
  const now = Date.now();
  const [instance] = await running();
  assert.ok(instance?.state.is === 'running' && now - instance.state.startedAt >= 700);
});

test('a command can be a probe: it runs in the folder and with the environment of the instance', async () => {
  const flag = join(artifact, '..', `gonogo-flag-${process.pid}`);
  const script = `process.exit(require('fs').existsSync(process.env.FLAG) && require('fs').existsSync('server.js') ? 0 : 1)`;
  const ready = { ...probe, timeout: 10_000, run: ['node', '-e', script] };
  supervisor.want([{ slot, spec: { ...patientSpec(1, { ready }), values: { FLAG: flag } } }]);
  await eventually('its not being ready', async () =>
    (await running()).some(({ id }) => supervisor.report().instance(id)?.condition === 'unready'),
  );
  await writeFile(flag, '');
  await eventually('one member', () => lastTold()?.length === 1);
  await rm(flag);
  await eventually('its leaving', () => lastTold()?.length === 0);
});

/** Processes of this command line. */
async function processesOf(argv: readonly string[]): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line === `${argv.join('\0')}\0`);
}

test('a probe that hangs is ended at its timeout, and leaves nothing behind', async () => {
  const asleep = ['sleep', `98765.${process.pid}`];
  const ready = { ...probe, timeout: 100, run: asleep };
  supervisor.want([{ slot, spec: patientSpec(1, { ready }) }]);
  await eventually('the first question', async () => (await processesOf(asleep)).length > 0);
  supervisor.want([]);
  await eventually('the end of the last question', async () => (await processesOf(asleep)).length === 0);
});

test('an instance that takes no traffic is asked nothing, and stays', async () => {
  const silent = await host.artifact('setInterval(() => {}, 1000)');
  const pool = { ...webPool, role: 'mailer' };
  const spec = {
    ...patientSpec(1, { startup: { ...probe, get: 'tcp', failures: 1 } }),
    pool,
    artifact: silent,
  };
  supervisor.want([{ slot, spec }]);
  const first = await eventually('the worker', async () => (await instancesOf(host.runtime, pool))[0]);
  process.kill(first.state.is === 'running' ? first.state.pid : 0, 'SIGKILL');
  const second = await eventually('its heir', async () =>
    (await instancesOf(host.runtime, pool)).find(
      ({ id, state }) => id !== first.id && state.is === 'running',
    ),
  );
  await eventually('its being known', () => supervisor.report().instance(second.id)?.condition === 'ready');
  assert.deepEqual(told.flat(), []);
  supervisor.want([]);
  await host.runtime.remove(pool, 2000);
});
