import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { eventually } from '../../../../test/suites/eventually.ts';
import { type ProcessHost, processHost } from '../../../../test/suites/process-host.ts';
import { instancesOf, specOf, target, webPool } from '../../../../test/suites/runtime-tools.ts';
import { checkRunner } from '../checks/run.ts';
import type { Health } from '../domain/release.ts';
import type { PoolSpec } from '../ports/runtime.ts';
import { systemClock } from '../system/clock.ts';
import { type Supervisor, supervise } from './supervise.ts';

/** Ready until `/fail?scope=…`, which its answers then blame; `/mend` makes it ready again. */
const fickle = `
let scope;
let ill = false;
require('node:http').createServer((request, response) => {
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/fail') { ill = true; scope = url.searchParams.get('scope') ?? undefined; }
  if (url.pathname === '/mend') ill = false;
  response.statusCode = ill && url.pathname === '/readyz' ? 503 : 200;
  response.end(JSON.stringify({ status: ill ? 'fail' : 'pass', scope }));
}).listen(Number(process.env.PORT), process.env.HOST);
`;

let host: ProcessHost;
let artifact: string;
let supervisor: Supervisor | undefined;
let told: string[][] = [];
let warnings: string[] = [];

before(async () => {
  host = await processHost();
  artifact = await host.artifact(fickle);
});
after(() => host.close());
afterEach(async () => {
  await supervisor?.stop();
  await host.runtime.remove(webPool, 2000);
});

const slot = { target, slot: 'blue' } as const;
const probe = { every: 50, timeout: 2000, failures: 2, successes: 1 };

function spec(count: number, wish: Partial<Health> = {}): PoolSpec {
  const plain = specOf(artifact, { count });
  const health = {
    startup: { ...probe, get: '/startupz', failures: 400 },
    ready: { ...probe, get: '/readyz' },
    ...wish,
  };
  return { ...plain, manifest: { ...plain.manifest, health } };
}

/** Supervises a slot whose instances are all ready, and tells each what to blame from now on. */
async function failing(
  wanted: { readonly spec: PoolSpec; readonly serves: boolean },
  scopes: readonly string[],
): Promise<void> {
  told = [];
  warnings = [];
  supervisor = supervise(
    {
      runtime: host.runtime,
      router: {
        members: async (_slot, members) => {
          told.push(members.map((member) => member.instance));
        },
        drain: async () => ({ closed: 0, cut: 0 }),
        counters: () => Promise.reject(new Error('nobody asks for counters here')),
      },
      checks: checkRunner(),
      clock: systemClock,
      log: { info: () => undefined, warn: (line) => warnings.push(line) },
    },
    target,
  );
  supervisor.want([{ slot, ...wanted }]);
  await eventually('everybody ready', () => told.at(-1)?.length === wanted.spec.count);
  const instances = await instancesOf(host.runtime);
  for (const [index, { host: address, port }] of instances.entries())
    await fetch(`http://${address}:${port}/fail${scopes[index] ?? ''}`);
}

const shared = '?scope=shared';
const open = (): string | undefined => supervisor?.report().failsOpen(slot);
const closed = (): boolean => told.at(-1)?.length === 0 && open() === undefined;

test('a proven slot that serves keeps its traffic while all its instances say that only shared checks fail', async () => {
  await failing({ spec: spec(2), serves: true }, [shared, shared]);
  await eventually('serving all the same', () => open() !== undefined && told.at(-1)?.length === 2);
  assert.match(open() ?? '', /each of 2 says that only what they share fails/);
  assert.equal(warnings.filter((line) => line.includes('though none of its instances is ready')).length, 1);
  const [first] = await instancesOf(host.runtime);
  await fetch(`http://${first?.host}:${first?.port}/mend`);
  await eventually('the ready one alone', () => told.at(-1)?.length === 1 && open() === undefined);
  assert.equal(told.at(-1)?.[0], first?.id);
});

const refused = [
  ['one of its checks is its own', { spec: () => spec(2), serves: true }, [shared, '?scope=local']],
  ['one does not say what fails', { spec: () => spec(2), serves: true }, [shared, '']],
  ['only one instance runs', { spec: () => spec(1), serves: true }, [shared]],
  ['it is not what is proven and live', { spec: () => spec(2), serves: false }, [shared, shared]],
  ['all_unready refuses', { spec: () => spec(2, { allUnready: 'refuse' }), serves: true }, [shared, shared]],
] as const;

for (const [why, wanted, scopes] of refused)
  test(`a slot in which nobody is ready gets no traffic when ${why}`, async () => {
    await failing({ spec: wanted.spec(), serves: wanted.serves }, scopes);
    await eventually('nobody', closed);
  });

test('all_unready: serve keeps the traffic of what serves, whatever fails', async () => {
  await failing({ spec: spec(1, { allUnready: 'serve' }), serves: true }, ['?scope=local']);
  await eventually('serving all the same', () => open() !== undefined && told.at(-1)?.length === 1);
});
