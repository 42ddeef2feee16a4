import type { SlotId } from '../../domain/slot.ts';
import type { Split } from '../../domain/split.ts';
import { type Target, targetKey } from '../../domain/target.ts';
import type { Member, Observed, Router } from '../../ports/router.ts';
import { Mutex } from '../../system/mutex.ts';
import { ask } from './apply.ts';
import { askFront } from './confirm.ts';
import { askProxyOf, type EmbeddedRouterOptions, placeOf } from './proxies.ts';
import { publish, unpublish, vet } from './publish.ts';
import { dialAddress } from './render.ts';
import { commit, drop, prepare, type Shifting } from './shift.ts';
import { tendProxies } from './tend.ts';

/** gonogo's own router: a proxy process for each listening address, bound and kept alive by the keeper. */
export function embeddedRouter(options: EmbeddedRouterOptions) {
  const inTurn = oneAtATime();
  const shifting: Shifting = { ...options, open: new Map() };
  if (options.tend) void tendProxies(options, options.tend, inTurn);
  return {
    can: {
      moves: 'requests',
      members: 'told',
      swap: 'atomic',
      ack: 'data-plane',
      weights: true,
      hold: false,
    },
    observe: (target) => observe(options, target),
    vet: (target, route) => vet(options, target, route),
    publish: (target, route) => inTurn(targetKey(target), () => publish(options, target, route)),
    unpublish: (target) => inTurn(targetKey(target), () => unpublish(options, target)),
    members: (slot, members) => inTurn(targetKey(slot.target), () => tellMembers(options, slot, members)),
    prepare: (shift, fence) => inTurn(targetKey(shift.target), () => prepare(shifting, shift, fence)),
    commit: (prepared) => inTurn(targetKey(prepared.shift.target), () => commit(shifting, prepared)),
    drop: (prepared) => inTurn(targetKey(prepared.shift.target), () => drop(shifting, prepared)),
    drain: (slot, deadline, instances) => drain(options, slot, { deadline, instances }),
    counters: (slot) => askProxyOf(options, slot.target, { method: 'counters', input: named(slot) }),
    whoAnswers: (target, path) => whoAnswers(options, target, path),
  } satisfies Router;
}

/** Whatever changes one target's route happens one after another. */
function oneAtATime() {
  const turns = new Map<string, Mutex>();
  return <T>(key: string, task: () => Promise<T>): Promise<T> => {
    const turn = turns.get(key) ?? new Mutex();
    turns.set(key, turn);
    return turn.run(task);
  };
}

async function observe(options: EmbeddedRouterOptions, target: Target): Promise<Observed> {
  const place = await placeOf(options, target);
  if (!place) return { split: 'nobody', generation: 0, settled: true };
  const { split, ...rest } = await ask(place, 'observe', { target: targetKey(target) });
  return { split: split as Split, ...rest };
}

async function tellMembers(
  options: EmbeddedRouterOptions,
  slot: SlotId,
  members: readonly Member[],
): Promise<void> {
  if (members.length === 0 && !(await placeOf(options, slot.target))) return;
  const input = { ...named(slot), members: [...members] };
  await askProxyOf(options, slot.target, { method: 'members', input });
}

type Draining = { readonly deadline: number; readonly instances: readonly string[] | undefined };

async function drain(
  options: EmbeddedRouterOptions,
  slot: SlotId,
  { deadline, instances }: Draining,
): Promise<boolean> {
  const place = await placeOf(options, slot.target);
  if (!place) return true; // Nothing comes in, so nothing is in flight.
  const only = instances ? { instances: [...instances] } : {};
  return (await ask(place, 'drain', { ...named(slot), deadline, ...only })).drained;
}

async function whoAnswers(options: EmbeddedRouterOptions, target: Target, path: string) {
  const place = await placeOf(options, target);
  if (!place) return undefined;
  const { listen, secret } = await ask(place, 'hello', undefined);
  const [front] = listen;
  return front && askFront(dialAddress(front), path, secret);
}

const named = ({ target, slot }: SlotId) => ({ target: targetKey(target), slot });
