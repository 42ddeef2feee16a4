import { entryPath } from '../../system/entries.ts';
import type { RpcClient } from '../../system/rpc.ts';
import type { ListenerSpec } from '../../wire/keeper.ts';
import { inWords } from '../../wire/problems.ts';
import { type ProxyAnswer, ProxyAnswers } from '../../wire/proxy.ts';
import { connect, isServing, type Place } from './apply.ts';
import { bind, connectNew, ensureWorker, type Keeper, launchesOf, start } from './launch.ts';
import { storedBy, workersIn } from './locate.ts';
import { othersOf } from './proxies.ts';
import { listenersOf, proxyKey } from './render.ts';

/** What an upgrade, or a worker too many, leaves for answers and tunnels that are under way. */
const drainWithin = 600_000;

type Running = { readonly place: Place; readonly client: RpcClient; readonly is: ProxyAnswer<'hello'> };

/**
 * Makes the processes of a proxy what its routes file asks for: their number, where they listen, and this version's
 * program. A process gets its sockets when it starts, so another set of them is an upgrade by soft drain: the next one
 * serves first, then the old one stops to accept and ends when its last connection does.
 */
export async function settle(keeper: Keeper, first: Place): Promise<void> {
  const stored = await storedBy(first.folder, first.id);
  const listeners = listenersOf(first.id, stored);
  const wanted = [first, ...othersOf(first, stored.settings.workers ?? 1)];
  const running = await runningOf(first);
  try {
    if (await isLost(keeper, running, listeners)) return;
    const stale = running.filter(({ is }) => !isUpToDate(is, listeners));
    if (stale.length > 0) await renew(keeper, stale, listeners);
    for (const place of wanted) await ensureWorker(keeper, place, listeners);
    const surplus = running.filter(
      ({ place }) => place.worker >= wanted.length && !stale.some((one) => one.place === place),
    );
    for (const one of surplus) await retire(keeper, one);
    await letGo(keeper, running, listeners);
  } finally {
    for (const { client } of running) client.close();
  }
}

/** The workers that serve now, each with a connection of its own, which outlives the socket's name. */
async function runningOf(first: Place): Promise<Running[]> {
  const running: Running[] = [];
  for (const worker of await workersIn(first.folder, first.id)) {
    const place = { ...first, worker };
    if (!(await isServing(place))) continue;
    const client = await connect(place, 1_000);
    running.push({ place, client, is: ProxyAnswers.hello.parse(await client.call('hello'), inWords) });
  }
  return running;
}

/**
 * True for processes that outlived their keeper: its successor cannot have their address as long as they run, so that
 * they stay as they are. Fails with LISTEN_FAILED if they lack an address that is asked for.
 */
async function isLost(
  keeper: Keeper,
  running: readonly Running[],
  listeners: readonly ListenerSpec[],
): Promise<boolean> {
  const [one] = running;
  const [own] = listeners;
  if (!one || !own) return false;
  try {
    await bind(keeper, own);
    return false;
  } catch (error) {
    const has = (port: number): boolean => one.is.listen.some((listen) => listen.port === port);
    if (listeners.every(({ port }) => has(port))) return true;
    throw error;
  }
}

function isUpToDate({ program, listen }: ProxyAnswer<'hello'>, listeners: readonly ListenerSpec[]): boolean {
  const named = (list: readonly ListenerSpec[]): string =>
    list
      .map(({ host, port }) => `${host} ${port}`)
      .sort()
      .join();
  return program === entryPath('proxy') && named(listen) === named(listeners);
}

async function renew(
  keeper: Keeper,
  stale: readonly Running[],
  listeners: readonly ListenerSpec[],
): Promise<void> {
  for (const { place } of stale) {
    const [newest] = await launchesOf(keeper, place);
    await start(keeper, place, { run: (newest?.run ?? 0) + 1, listeners });
  }
  await Promise.all(stale.map(async ({ place, is }) => (await connectNew(place, is.pid)).close()));
  for (const one of stale) await retire(keeper, one);
}

/** The keeper must not start it again when it ends. */
async function retire(keeper: Keeper, { place, client, is }: Running): Promise<void> {
  const launches = await launchesOf(keeper, place);
  const key = launches.find((one) => one.pid === is.pid)?.key ?? proxyKey(place.id);
  if (launches.some((one) => one.key === key && one.pid === is.pid)) await keeper.call('forget', { key });
  await client.call('retire', { deadline: drainWithin });
}

/** Addresses that nobody listens on any more. */
async function letGo(
  keeper: Keeper,
  running: readonly Running[],
  listeners: readonly ListenerSpec[],
): Promise<void> {
  const before = running.flatMap(({ is }) => is.listen);
  for (const { host, port } of before) {
    if (!listeners.some((one) => one.host === host && one.port === port)) {
      await keeper.call('unbind', { host, port });
    }
  }
}
