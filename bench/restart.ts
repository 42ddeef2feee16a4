import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as immediately, setTimeout as sleep } from 'node:timers/promises';
import type { InstanceStatus } from '../packages/gonogo/src/api/contract.ts';
import type { Address } from '../packages/gonogo/src/domain/environment.ts';
import type { StrictAnswer } from '../packages/gonogo/src/system/answer-reader.ts';
import { identify } from '../packages/gonogo/src/system/process.ts';
import { connectRpc } from '../packages/gonogo/src/system/rpc.ts';
import { startStrictClient } from '../packages/gonogo/src/system/strict-client.ts';
import type { Loss } from '../packages/gonogo/src/system/strict-connection.ts';
import { build } from './built.ts';
import { median, rounded } from './host/figures.ts';
import { atRest, type Host, openHost } from './host/host.ts';

const environment = 'production';
const replicas = 3;

/** Each request takes 20 ms; how many are under way is in a file of 4 bytes, which outlives the instance. */
const server = `
import http from 'node:http';
import fs from 'node:fs';
const count = new Int32Array(1);
const file = fs.openSync(process.env.RECORD + '/' + process.pid, 'w');
const add = (n) => { count[0] += n; fs.writeSync(file, count, 0, 4, 0); };
add(0);
http.createServer((request, response) => {
  request.resume();
  if (request.url === '/ready') return response.end();
  add(1);
  setTimeout(() => { add(-1); response.end('one'); }, 20);
}).listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

type Kill = {
  /** From its death until the proxy has stored a membership without it. */
  readonly out: number;
  /** From SIGKILL until the start of the instance that takes its place; its back-off is 0. */
  readonly replaced: number;
  /** Requests that it was working on when it died; what its kernel held for it unread is not counted. */
  readonly working: number;
  /** By the monotonic clock. */
  readonly diedAt: number;
};

type Outcome = Kill & {
  readonly failed: number;
  /** Of these, what was begun when it was dead already: it was in flight on nobody. */
  readonly failedLater: number;
};

/**
 * Kills instances under the strict client's load, one after another, 3 replicas, and tells how long each was still a
 * member, how long its place stayed empty, and how many requests failed beside those that it was working on; none that was
 * begun after its death may fail.
 * `--kills 100` of a child of the keeper; `--adopted 9` after the agent was killed, and as many after agent and keeper
 * were; then one second kill in a row, whose back-off is not 0. Milliseconds.
 */
export async function restart(options: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  await build();
  const host = await openHost('built', server, `\n  replicas: ${replicas}`);
  try {
    const children = await killMany(host, Number(options.kills ?? 100), async () => undefined);
    const adopted = await killMany(host, Number(options.adopted ?? 9), killAgent);
    const orphans = await killMany(host, Number(options.adopted ?? 9), async (one) => {
      await killKeeper(one);
      await killAgent(one);
    });
    return {
      kills: children.length,
      failed: sum(children, 'failed'),
      failed_later: sum(children, 'failedLater'),
      working: sum(children, 'working'),
      ...figures('child', children),
      ...figures('adopted', adopted),
      ...figures('orphan', orphans),
      after_backoff_ms: await afterBackoff(host),
    };
  } finally {
    await host.close();
  }
}

const sum = (kills: readonly Outcome[], what: 'failed' | 'failedLater' | 'working'): number =>
  kills.reduce((all, kill) => all + kill[what], 0);

function figures(name: string, kills: readonly Outcome[]): Record<string, number> {
  const out = kills.map((kill) => kill.out);
  const replaced = kills.map((kill) => kill.replaced);
  return {
    [`${name}_out_ms`]: rounded(median(out)),
    [`${name}_out_worst_ms`]: rounded(Math.max(...out)),
    [`${name}_replaced_ms`]: rounded(median(replaced)),
    [`${name}_replaced_worst_ms`]: rounded(Math.max(...replaced)),
  };
}

/** A place whose instance ended twice in a row has to wait; so every three kills begin with instances that never ended. */
async function killMany(
  host: Host,
  kills: number,
  before: (host: Host) => Promise<void>,
): Promise<Outcome[]> {
  const results: Outcome[] = [];
  while (results.length < kills) {
    const { front } = await host.deploy(environment, { RECORD: host.folder });
    if (!front) throw new Error('there is no front');
    await atRest(await host.agent(), host.project, environment);
    await before(host);
    const victims = await untilReady(host);
    for (const victim of victims.slice(0, kills - results.length))
      results.push(await killUnderLoad(host, front, victim));
  }
  return results;
}

async function killUnderLoad(host: Host, front: Address, victim: InstanceStatus): Promise<Outcome> {
  const load = startLoad(front);
  await sleep(300);
  const kill = await killOne(host, victim);
  await untilReady(host);
  const begun = await load.stop();
  return {
    ...kill,
    failed: begun.length,
    failedLater: begun.filter((at) => at > kill.diedAt).length,
  };
}

/** On kept connections, on short ones, and with a body, which nobody may ask twice. */
function startLoad(front: Address): { stop(): Promise<number[]> } {
  const failed: number[] = [];
  const heard = {
    onAnswer: ({ status }: StrictAnswer, ms: number) => {
      if (status !== 200) failed.push(performance.now() - ms);
    },
    // Without an answer nobody knows when it was begun: it counts as late.
    onLoss: (loss: Loss) => {
      if (loss !== 'wrong-status') failed.push(performance.now());
    },
  };
  const post = { method: 'POST', body: 'x'.repeat(1000) };
  const clients = [
    startStrictClient({ ...front, connections: 6, rate: 120, ...heard }),
    startStrictClient({ ...front, connections: 3, rate: 60, keepAlive: false, ...heard }),
    startStrictClient({ ...front, connections: 3, rate: 60, ...heard, ...post }),
  ];
  return {
    stop: async () => {
      await Promise.all(clients.map((client) => client.stop()));
      return failed;
    },
  };
}

async function killOne(host: Host, { id, pid = 0 }: InstanceStatus): Promise<Kill> {
  const routes = await routesFileWith(host, id);
  const killedAt = Date.now();
  process.kill(pid, 'SIGKILL');
  while (identify(pid)) await immediately();
  const diedAt = performance.now();
  while ((await readFile(routes, 'utf8')).includes(`"${id}"`)) await sleep(1);
  const out = performance.now() - diedAt;
  const working = (await readFile(join(host.folder, String(pid)))).readInt32LE();
  const heir = await heirOf(host, id);
  return { out, working, diedAt, replaced: heir.since - killedAt };
}

async function routesFileWith({ state }: Host, id: string): Promise<string> {
  for (const name of await readdir(state.proxies, { recursive: true })) {
    const path = join(state.proxies, name);
    const text = await readFile(path, 'utf8').catch(() => ''); // A folder, or a socket.
    if (text.includes('"routes"') && text.includes(`"${id}"`)) return path;
  }
  throw new Error(`no proxy has ${id} as a member`);
}

/** The instance in the same place: names differ in their last part. */
async function heirOf(host: Host, id: string): Promise<InstanceStatus> {
  const place = id.replace(/\.[^.]*$/, '.');
  return await eventually(`an heir of ${id}`, async () =>
    (await instancesOf(host)).find((one) => one.id !== id && one.id.startsWith(place)),
  );
}

async function instancesOf(host: Host): Promise<readonly InstanceStatus[]> {
  const [status] = await (await host.agent()).status({ project: host.project, environment });
  return (status?.slots ?? []).flatMap(({ instances }) => instances);
}

const untilReady = (host: Host): Promise<readonly InstanceStatus[]> =>
  eventually('every instance ready', async () => {
    const instances = await instancesOf(host);
    const ready = instances.filter(({ condition }) => condition === 'ready');
    return ready.length === replicas && instances.length === replicas ? instances : undefined;
  });

async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within a minute`);
    await sleep(5);
  }
}

/** The next question starts another one. */
async function killAgent(host: Host): Promise<void> {
  process.kill((await (await host.agent()).hello()).pid, 'SIGKILL');
}

async function killKeeper({ state }: Host): Promise<void> {
  const keeper = await connectRpc(state.keeperSocket);
  const { pid } = (await keeper.call('hello', undefined)) as { readonly pid: number };
  keeper.close();
  process.kill(pid, 'SIGKILL');
}

/** The second kill in a row: how long after the announced time its replacement was started. */
async function afterBackoff(host: Host): Promise<number> {
  const [victim] = await untilReady(host);
  if (!victim) throw new Error('no instance runs');
  process.kill(victim.pid ?? 0, 'SIGKILL');
  const ended = await eventually('its end', async () =>
    (await instancesOf(host)).find(({ id, ending }) => id === victim.id && ending !== undefined),
  );
  const heir = await heirOf(host, victim.id);
  return rounded(heir.since - (ended.ending?.again ?? 0));
}
