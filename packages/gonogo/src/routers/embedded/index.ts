import type { Counters } from '../../domain/signals.ts';
import type { SlotId } from '../../domain/slot.ts';
import type { Split } from '../../domain/split.ts';
import { streamOf, type Target, targetKey } from '../../domain/target.ts';
import { problem } from '../../errors.ts';
import type { Fence } from '../../ports/leases.ts';
import type { HoldBounds, Member, Observed, Prepared, Router } from '../../ports/router.ts';
import { Mutex } from '../../system/mutex.ts';
import { ask, codeOf, isServing } from './apply.ts';
import { askFront } from './confirm.ts';
import { drain } from './drain.ts';
import { proxiesOf, storedBy } from './locate.ts';
import { askProxyOf, askWorkersOf, type EmbeddedRouterOptions, placeOf, reload } from './proxies.ts';
import { publish, unpublish, vet } from './publish.ts';
import { dialAddress, proxyId, questionOf } from './render.ts';
import { commit, drop, prepare, type Shifting } from './shift.ts';
import { tendProxies } from './tend.ts';

/** gonogo's own router: a proxy process for each listening address, bound and kept alive by the keeper. */
export function embeddedRouter(options: EmbeddedRouterOptions) {
  const turns = oneAtATime();
  const inTurn = async <T>(target: Target, task: Task<T>): Promise<T> =>
    await turnOf(options, turns, { target, task });
  const shifting: Shifting = { ...options, open: new Map() };
  if (options.tend) void tendProxies(options, options.tend, (id, task) => turns([proxyTurn(id)], task));
  return {
    can: {
      moves: 'requests',
      members: 'told',
      swap: 'atomic',
      ack: 'data-plane',
      weights: true,
      hold: true,
    },
    observe: (target) => observe(options, target),
    vet: (target, route) => vet(options, target, route),
    publish: (target, route) =>
      turnOf(options, turns, {
        target,
        also: [proxyId(route.listen)],
        task: (before) => publish(options, target, { route, before }),
      }),
    unpublish: (target) => inTurn(target, (ids) => unpublish(options, targetKey(target), ids)),
    members: (slot, members, fence = 0) =>
      inTurn(slot.target, () => tellMembers(options, slot, { members, fence })),
    prepare: (shift, fence) => inTurn(shift.target, () => prepare(shifting, shift, fence)),
    commit: (prepared) => turns(turnsOfShift(shifting, prepared), () => commit(shifting, prepared)),
    drop: (prepared) => inTurn(prepared.shift.target, () => drop(shifting, prepared)),
    hold: (target, bounds) => hold(options, target, bounds),
    release: (target) => release(options, target),
    drain: (slot, deadline, instances) => drain(options, slot, { deadline, instances }),
    counters: (slot) => counters(options, slot),
    whoAnswers: (target, path) => whoAnswers(options, target, path),
  } satisfies Router;
}

type Turns = <T>(keys: readonly string[], task: () => Promise<T>) => Promise<T>;

/** `ids`: the proxies that have the target's route. */
type Task<T> = (ids: readonly string[]) => Promise<T>;

const proxyTurn = (id: string): string => `proxy ${id}`;

/** Whatever changes one target's route happens one after another, and so does what changes one proxy. */
function oneAtATime(): Turns {
  const turns = new Map<string, Mutex>();
  const take: Turns = ([key, ...rest], task) => {
    if (key === undefined) return task();
    const turn = turns.get(key) ?? new Mutex();
    turns.set(key, turn);
    return turn.run(() => take(rest, task));
  };
  return take;
}

/** Proxies' turns are taken in one order, so that two targets that change places do not wait for each other. */
function turnOf<T>(
  { folder }: EmbeddedRouterOptions,
  turns: Turns,
  { target, also = [], task }: { target: Target; also?: readonly string[]; task: Task<T> },
): Promise<T> {
  const key = targetKey(target);
  return turns([key], async () => {
    const ids = (await proxiesOf(folder, key)).map((one) => one.id);
    const proxies = [...new Set([...ids, ...also])].sort();
    return await turns(proxies.map(proxyTurn), () => task(ids));
  });
}

/** As `turnOf`, with the proxy that is remembered since it was prepared: users wait for a commit. */
function turnsOfShift({ open }: Shifting, { shift, token }: Prepared): string[] {
  const first = open.get(token)?.first.place;
  return [targetKey(shift.target), ...(first ? [proxyTurn(first.id)] : [])];
}

/** A worker that is behind the first, because a commit was interrupted, is brought up to it. */
async function observe(options: EmbeddedRouterOptions, target: Target): Promise<Observed> {
  const place = await placeOf(options, target);
  if (!place) return { split: 'nobody', generation: 0, settled: true };
  const input = { target: targetKey(target) };
  const { split, ...rest } = await ask(place.first, 'observe', input);
  const serving = await Promise.all(place.others.map(isServing));
  const others = await Promise.all(
    place.others.filter((_, i) => serving[i]).map((other) => ask(other, 'observe', input)),
  );
  if (others.some((other) => other.generation !== rest.generation)) await reload(place.others);
  return { split: split as Split, ...rest };
}

async function tellMembers(
  options: EmbeddedRouterOptions,
  slot: SlotId,
  { members, fence }: { readonly members: readonly Member[]; readonly fence: Fence },
): Promise<void> {
  if (members.length === 0 && !(await placeOf(options, slot.target))) return;
  const input = { ...named(slot), members: [...members], ...(fence > 0 ? { fence } : {}) };
  try {
    await askProxyOf(options, slot.target, { method: 'members', input });
  } catch (error) {
    throw codeOf(error) === 'FENCED'
      ? problem('LEASE_LOST', { stream: streamOf(slot.target) }, error)
      : error;
  }
  await reload((await placeOf(options, slot.target))?.others ?? []);
}

async function hold(
  options: EmbeddedRouterOptions,
  target: Target,
  { atMost, within }: HoldBounds,
): Promise<void> {
  const workers = 1 + ((await placeOf(options, target))?.others.length ?? 0);
  const input = { target: targetKey(target), atMost: Math.ceil(atMost / workers), within };
  await askWorkersOf(options, target, { method: 'hold', input });
}

async function release(options: EmbeddedRouterOptions, target: Target): Promise<void> {
  await askWorkersOf(options, target, { method: 'release', input: { target: targetKey(target) } });
}

/** What each worker counted. */
const counters = (options: EmbeddedRouterOptions, slot: SlotId): Promise<readonly Counters[]> =>
  askWorkersOf(options, slot.target, { method: 'counters', input: named(slot) });

async function whoAnswers(options: EmbeddedRouterOptions, target: Target, path: string) {
  const place = await placeOf(options, target);
  if (!place) return undefined;
  const { routes } = await storedBy(options.folder, place.first.id);
  const rules = routes.find((route) => route.target === targetKey(target))?.rules ?? {};
  const { listen, secret } = await ask(place.first, 'hello', undefined);
  const [front] = listen;
  const tls = routes.some((route) => route.rules?.tls !== undefined);
  return front && askFront({ front: dialAddress(front), secret, tls, ...questionOf(rules, path) });
}

const named = ({ target, slot }: SlotId) => ({ target: targetKey(target), slot });
