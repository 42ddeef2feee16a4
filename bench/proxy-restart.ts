import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../packages/gonogo/src/routers/embedded/apply.ts';
import { launchSpec, proxyId } from '../packages/gonogo/src/routers/embedded/render.ts';
import { systemClock } from '../packages/gonogo/src/system/clock.ts';
import { immutableCopy } from '../packages/gonogo/src/system/code-copy.ts';
import { makePrivateFolder } from '../packages/gonogo/src/system/files.ts';
import { freeAddress } from '../test/suites/addresses.ts';
import { startProxy } from '../test/suites/proxy-process.ts';
import { type EmbeddedHost, routerHost } from '../test/suites/router-host.ts';
import { get } from '../test/suites/router-tools.ts';
import { build, builtEntry, runOrFail } from './built.ts';
import { type MixedSummary, startMixedLoad } from './strict-client/mixed.ts';
import { spawnUpstream } from './strict-client/upstream-process.ts';

type Figures = Record<string, number>;

/**
 * Replaces the proxy and kills it as it is built, 20 times each, under the strict client's load, and counts what was lost.
 * `--times 20`; `--rate 200` requests a second on kept connections, on short ones and with a body.
 */
export async function proxyRestart(options: Readonly<Record<string, string>>): Promise<Figures> {
  const settings = { times: Number(options.times ?? 20), rate: Number(options.rate ?? 200) };
  return { ...(await upgrades(settings)), ...(await kills(settings)) };
}

type Settings = { readonly times: number; readonly rate: number };

/** As an upgrade is: the next proxy accepts before the one before it stops to. */
async function upgrades({ times, rate }: Settings): Promise<Figures> {
  const [first, application] = [await startProxy(), await spawnUpstream('v1')];
  const proxies = [first];
  try {
    await first.serve(application.port);
    const load = await startMixedLoad({ ...first.listen, versions: ['v1'], rate, longLived: 0 });
    for (let i = 0; i < times; i += 1) {
      await sleep(300);
      const old = proxies.at(-1) ?? first;
      const ended = once(old.child, 'exit');
      proxies.push(await first.next());
      await old.ask('retire', { deadline: 30_000 });
      await ended;
    }
    await sleep(300);
    const sum = await load.stop();
    tell('upgrade', sum);
    return {
      upgrades: times,
      upgrade_requests: sum.requests,
      upgrade_failed: sum.failed,
      upgrade_slowest_ms: rounded(sum.slowestMs),
    };
  } finally {
    for (const proxy of proxies.reverse()) await proxy.close();
    await application.close();
  }
}

/** What a kill may cost: one request of each kept or short connection, four of a pipelined one, one upload each. */
const inFlightMost = 3 * 4 + 2 * 4 + 2;

async function kills({ times, rate }: Settings): Promise<Figures> {
  const [host, application] = [await routerHost(), await spawnUpstream('v1')];
  try {
    const listen = await freeAddress();
    await publish(host, listen, application.port);
    const waits: number[] = [];
    const nodes: number[] = [];
    let [requests, failed, most] = [0, 0, 0];
    for (let i = 0; i < times; i += 1) {
      const load = await startMixedLoad({ ...listen, versions: ['v1'], rate, longLived: 0 });
      await sleep(300);
      process.kill(await host.proxyPid(), 'SIGKILL');
      const since = performance.now();
      if ((await get(listen)).status !== 200) throw new Error('the restarted proxy does not serve');
      waits.push(performance.now() - since);
      nodes.push(await timeOfNode());
      await sleep(1_100); // A proxy that lived for less than a second is started again more slowly.
      const sum = await load.stop();
      tell(`kill ${i + 1}`, sum);
      [requests, failed, most] = [requests + sum.requests, failed + sum.failed, Math.max(most, sum.failed)];
    }
    for (const times of [waits, nodes]) times.sort((a, b) => a - b);
    return {
      kills: times,
      kill_requests: requests,
      kill_failed: failed,
      kill_failed_most: most,
      in_flight_most: inFlightMost,
      restart_ms_p50: rounded(waits[Math.floor(waits.length / 2)] ?? 0),
      restart_ms_most: rounded(waits.at(-1) ?? 0),
      node_ms_p50: rounded(nodes[Math.floor(nodes.length / 2)] ?? 0),
    };
  } finally {
    await application.close();
    await host.close();
  }
}

/** What this machine needs just now for the least that can be started, so that a busy one can be told from a slow proxy. */
async function timeOfNode(): Promise<number> {
  const since = performance.now();
  await runOrFail([process.execPath, '-e', '0'], { cwd: '/', env: {} });
  return performance.now() - since;
}

/** Has the keeper run the proxy as it is built, and sends all its requests to one application. */
async function publish(
  { keeper, state: { proxies: folder, root } }: EmbeddedHost,
  listen: { host: string; port: number },
  port: number,
): Promise<void> {
  await build();
  await makePrivateFolder(folder);
  const [id, target] = [proxyId(listen), 'shop'];
  await keeper.call('bind', listen);
  const launching = { id, worker: 0, run: 0, listeners: [listen] };
  const program = await immutableCopy(builtEntry('proxy'), root);
  await keeper.call('launch', launchSpec(launching, { ...program, folder }));
  const place = { folder, id, clock: systemClock, worker: 0 };
  await ask(place, 'publish', { target });
  const members = [{ instance: 'blue', host: '127.0.0.1', port }];
  await ask(place, 'members', { target, slot: 'blue', members });
  const shift = { target, from: 'nobody', to: { blue: 100 }, fence: 1 } as const;
  await ask(place, 'commit', { token: (await ask(place, 'prepare', shift)).token });
}

function tell(what: string, { requests, failed, examples }: MixedSummary): void {
  console.error(`${what}: ${requests} requests, ${failed} lost`);
  for (const example of examples) console.error(`  ${example}`);
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10;
