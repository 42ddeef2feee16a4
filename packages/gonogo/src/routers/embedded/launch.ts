import { rm } from 'node:fs/promises';
import net from 'node:net';
import { isProblem, messageOf, problem } from '../../errors.ts';
import { entryPath } from '../../system/entries.ts';
import { makePrivateFolder } from '../../system/files.ts';
import { identify, isAlive, type ProcessIdentity, signalGroup } from '../../system/process.ts';
import type { RpcClient } from '../../system/rpc.ts';
import type { KeeperClient, Launched, ListenerSpec } from '../../wire/keeper.ts';
import { inWords } from '../../wire/problems.ts';
import { ProxyAnswers } from '../../wire/proxy.ts';
import { ask, codeOf, connect, isServing, type Place } from './apply.ts';
import { replacedIn } from './locate.ts';
import { controlSocket, launchSpec, listenFailure, proxyKey, type Run, routesFile, runOf } from './render.ts';

/** What the driver needs of the keeper. */
export type Keeper = Pick<KeeperClient, 'call'>;

/** A first start on a busy machine takes seconds at worst. */
const startWithin = 20_000;
/** What unpublishing leaves for answers under way; idle clients of a route that is gone are not waited for. */
const retireWithin = 1_000;

/**
 * Makes a worker serve: the one that does already, even if the keeper that started it is gone, or a new one.
 * Fails with LISTEN_FAILED when an address cannot be had.
 */
export async function ensureWorker(
  keeper: Keeper,
  place: Place,
  listeners: readonly ListenerSpec[],
): Promise<void> {
  if (await isServing(place)) return;
  const [known] = await launchesOf(keeper, place);
  if (!known) await startFirst(keeper, place, listeners);
  (await connect(place, startWithin)).close();
}

/** Leaves nothing bound where nobody listens, when an address cannot be had. */
async function startFirst(keeper: Keeper, place: Place, listeners: readonly ListenerSpec[]): Promise<void> {
  try {
    await start(keeper, place, { run: 0, listeners });
  } catch (error) {
    if (place.worker === 0) for (const listen of listeners) await keeper.call('unbind', listen);
    throw error;
  }
}

/**
 * Makes the first worker serve, and binds what it does not listen on yet, for `settle` to hand to the next one.
 * Fails with LISTEN_FAILED, with nothing bound, when an address cannot be had.
 */
export async function listenAt(
  keeper: Keeper,
  place: Place,
  listeners: readonly ListenerSpec[],
): Promise<void> {
  await ensureWorker(keeper, place, listeners);
  const { listen } = await ask(place, 'hello', undefined);
  const missing = listeners.filter(({ port }) => !listen.some((one) => one.port === port));
  try {
    for (const one of missing) await bind(keeper, one);
  } catch (error) {
    for (const one of missing) await keeper.call('unbind', one);
    throw error;
  }
}

/** Starts one more run of a worker, on addresses that are bound first. */
export async function start(
  keeper: Keeper,
  { folder, id, worker }: Place,
  { run, listeners }: { run: number; listeners: readonly ListenerSpec[] },
): Promise<void> {
  await makePrivateFolder(folder);
  for (const listen of listeners) await bind(keeper, listen);
  const program = { node: process.execPath, entry: entryPath('proxy'), folder };
  await keeper.call('launch', launchSpec({ id, worker, run, listeners }, program));
}

/** The keeper's launches of a worker that it would start again, or that still run; the newest first. */
export async function launchesOf(keeper: Keeper, { id, worker }: Place): Promise<(Run & Launched)[]> {
  const launches = (await launchesIn(keeper, id)).filter((one) => one.worker === worker);
  return launches.sort((a, b) => b.run - a.run);
}

const launchesIn = async (keeper: Keeper, id: string): Promise<(Run & Launched)[]> =>
  (await keeper.call('list', undefined))
    .filter(({ labels, key }) => labels.proxy === id && key.startsWith(proxyKey(id)))
    .map((launched) => ({ ...launched, ...runOf(launched.key) }));

/** Connects to a worker as soon as another process than `not` answers there. */
export async function connectNew(place: Place, not: number | undefined): Promise<RpcClient> {
  const since = place.clock.mono();
  for (;;) {
    const client = await connect(place, startWithin);
    const { pid } = ProxyAnswers.hello.parse(await client.call('hello'), inWords);
    if (pid !== not) return client;
    client.close();
    if (place.clock.mono() - since > startWithin) {
      const socket = controlSocket(place.folder, place.id, place.worker);
      throw problem('PROXY_UNREACHABLE', { socket, why: 'the next one did not start' });
    }
    await place.clock.sleep(10);
  }
}

/** Ends a proxy and lets go of its addresses and files; what is not there or does not answer is ended by the keeper. */
export async function endProxy(
  keeper: Keeper,
  workers: readonly Place[],
  listeners: readonly ListenerSpec[],
): Promise<void> {
  const [first] = workers;
  if (!first) return;
  for (const { key } of await launchesIn(keeper, first.id)) await keeper.call('forget', { key });
  const leaving: ProcessIdentity[] = [];
  for (const place of workers) {
    const retires = (await isServing(place)) ? await retire(place) : undefined;
    if (retires) leaving.push(retires);
    else await kill(keeper, await launchesOf(keeper, place));
  }
  for (const listen of listeners) await keeper.call('unbind', listen);
  await gone(keeper, first, leaving);
  await rm(routesFile(first.folder, first.id), { force: true });
  const sockets = workers.map(({ folder, id, worker }) => controlSocket(folder, id, worker));
  for (const path of [...sockets, ...(await replacedIn(first.folder, first.id))])
    await rm(path, { force: true });
}

/** Who retires with that: its keeper may be gone, so that nobody else could say when it ends. Undefined if nobody does. */
async function retire(place: Place): Promise<ProcessIdentity | undefined> {
  try {
    const { pid } = await ask(place, 'hello', undefined);
    const process = identify(pid);
    await ask(place, 'retire', { deadline: retireWithin });
    return process;
  } catch (error) {
    if (isProblem(error, 'PROXY_UNREACHABLE')) return undefined;
    throw error;
  }
}

/** Binds an address at the keeper, unless it is bound there already. */
export async function bind(keeper: Keeper, listen: ListenerSpec): Promise<void> {
  try {
    await keeper.call('bind', listen);
  } catch (error) {
    const code = codeOf(error) ?? (error as NodeJS.ErrnoException).code ?? '';
    if (!/^E[A-Z0-9]+$/.test(code)) throw error; // The keeper itself failed, not the address.
    throw problem('LISTEN_FAILED', { ...listen, why: listenFailure(code) }, error);
  }
}

/**
 * Why addresses could not be listened on, found by binding each for an instant, which nobody notices; undefined if they
 * could, or if a proxy of ours has them.
 */
export async function whyNotListen(
  keeper: Keeper,
  place: Place,
  listeners: readonly ListenerSpec[],
): Promise<{ listen: ListenerSpec; why: string } | undefined> {
  const ours = await heldBy(keeper, place);
  for (const listen of listeners) {
    if (ours === 'unknown' || ours.some((one) => one.port === listen.port)) continue;
    try {
      new net.BoundSocket(listen).close();
    } catch (error) {
      return { listen, why: listenFailure((error as NodeJS.ErrnoException).code ?? messageOf(error)) };
    }
  }
  return undefined;
}

/** Where a proxy listens; `unknown` while the keeper starts it again. */
async function heldBy(keeper: Keeper, place: Place): Promise<readonly ListenerSpec[] | 'unknown'> {
  if (await isServing(place)) return (await ask(place, 'hello', undefined)).listen;
  return (await launchesOf(keeper, place)).length > 0 ? 'unknown' : [];
}

async function kill(keeper: Keeper, launches: readonly Launched[]): Promise<void> {
  for (const { key } of launches) await keeper.call('signal', { key, signal: 'SIGKILL' });
}

/**
 * The keeper forgets a proxy when it ends; only then may its key be launched again. As long as one of its processes lives,
 * it may listen still, and users who connect are lost when it ends.
 */
async function gone(keeper: Keeper, place: Place, leaving: readonly ProcessIdentity[]): Promise<void> {
  const since = place.clock.mono();
  while (place.clock.mono() - since < 2 * retireWithin + 3_000) {
    const launches = await launchesIn(keeper, place.id);
    if (launches.every((launch) => launch.ended) && !leaving.some(isAlive)) return;
    await place.clock.sleep(20);
  }
  await kill(keeper, await launchesIn(keeper, place.id));
  for (const process of leaving) signalGroup(process, 'SIGKILL');
}
