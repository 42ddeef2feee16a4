import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { eventually } from '../../../../../test/suites/eventually.ts';
import { type ProcessHost, processHost } from '../../../../../test/suites/process-host.ts';
import {
  ask,
  instancesOf,
  never,
  server,
  target,
  theOne,
  webPool,
} from '../../../../../test/suites/runtime-tools.ts';
import type { PoolSpec } from '../../ports/runtime.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { identify } from '../../system/process.ts';

let host: ProcessHost;
before(async () => {
  host = await processHost();
});
afterEach(() => host.runtime.remove(webPool, 2000));
after(() => host.close());

const apply = (spec: PoolSpec): Promise<void> => host.runtime.apply(spec, 1, never());
/** Gone, or a zombie that only waits to be reaped. */
const isGone = (pid: number): boolean => identify(pid) === undefined;

test('a record that an earlier agent was killed while writing does not stay, and one being written does', async () => {
  const folder = join(host.state.instances, 'p', 'green', 'web');
  await mkdir(folder, { recursive: true });
  const [stale, fresh] = [join(folder, '.0123456789ab.tmp'), join(folder, '.ba9876543210.tmp')];
  for (const path of [stale, fresh]) await writeFile(path, '{');
  const before = performance.timeOrigin / 1000 - 1;
  await utimes(stale, before, before);
  await host.again();
  await eventually('the stale one is gone', async () => !existsSync(stale));
  assert.ok(existsSync(fresh));
});

test('when the keeper is killed the instances run on, are found again, and can be stopped', async () => {
  const spec = await host.release('adopted', server, { count: 2 });
  await apply(spec);
  const before = await instancesOf(host.runtime);
  for (const instance of before) await ask(instance);
  const keeper = await host.keeperPid();
  process.kill(keeper, 'SIGKILL');
  await eventually('another keeper', async () => (await host.keeperPid()) !== keeper);
  const other = await host.again();
  assert.deepEqual(await instancesOf(other), before);
  await other.apply(spec, 1, never());
  assert.deepEqual(await instancesOf(other), before, 'no second instance');
  const [first, second] = before;
  assert.ok(first?.state.is === 'running' && second?.state.is === 'running');
  // Nobody is told of the end of a process that is not the keeper's child: it is noticed.
  const told: string[] = [];
  other.onChange((pool) => told.push(pool.slot));
  process.kill(first.state.pid, 'SIGKILL');
  await eventually('being told', () => told.length > 0);
  assert.equal((await instancesOf(other))[0]?.state.is, 'ended');
  await other.remove(webPool, 2000);
  assert.ok(isGone(second.state.pid));
  assert.deepEqual(await other.observe(target), []);
});

test('an instance whose process nobody wrote down is found by its environment', async () => {
  await apply(await host.release('unrecorded', server));
  const before = await theOne(host.runtime);
  await ask(before);
  const record = join(host.state.instances, 'acme/shop/production/local/blue/web', `${before.id}.json`);
  const { process: _, ...rest } = JSON.parse(await readFile(record, 'utf8'));
  const keeper = await host.keeperPid();
  process.kill(keeper, 'SIGKILL');
  await eventually('another keeper', async () => (await host.keeperPid()) !== keeper);
  // As if the agent had died right after the launch.
  await writeFileAtomic(record, JSON.stringify(rest));
  const found = await theOne(await host.again());
  assert.ok(found.state.is === 'running' && before.state.is === 'running');
  assert.equal(found.state.pid, before.state.pid);
});
