import { poolKey, slotKey } from '../domain/slot.ts';
import type { InstanceId, ObservedInstance } from '../ports/runtime.ts';
import { untilTold } from './members.ts';
import { noFence } from './repair.ts';
import { carries, mayScale, nameOf, type Scaled, specOf } from './scale.ts';
import type { Supervision } from './supervision.ts';
import { takesTraffic } from './watched.ts';

export type Resize = { readonly to: number; readonly why: string };

/**
 * Makes a pool larger, by as many as the host has room for: by all, else by half of them, and so on. The repair starts
 * them, and they become members when they are ready.
 */
export async function grow(supervision: Supervision, scaled: Scaled, { to, why }: Resize): Promise<void> {
  const { tools } = supervision;
  const { wanted, scale } = scaled;
  let limit: string | undefined;
  let more = to - scale.count;
  for (; more > 0; more = Math.floor(more / 2)) {
    const { fault } = await tools.runtime.vet({ ...wanted.spec, count: more });
    if (fault === undefined) break;
    limit = fault;
  }
  if (!mayScale(supervision, wanted)) return;
  // Said once, however long it lasts.
  if (limit !== undefined && !scale.isLimitSaid)
    tools.log.warn(`${nameOf(scaled)} cannot grow to ${to} instances (${why}): ${limit}`);
  scale.limit = limit;
  scale.isLimitSaid = limit !== undefined;
  if (more > 0) resized(supervision, scaled, { to: scale.count + more, why });
}

/**
 * Makes a pool smaller: those that go get no new request, acknowledged, finish what they have, and only then are
 * stopped. Called off when a rollout begins meanwhile, and when one that goes could not be done without.
 */
export async function shrink(supervision: Supervision, scaled: Scaled, { to, why }: Resize): Promise<void> {
  const { tools, leaving, signal } = supervision;
  const { wanted, scale } = scaled;
  const listed = (await instancesOf(supervision, scaled)).map(({ id }) => id);
  // Those that the runtime lists last are those that it will stop.
  const parts = { staying: listed.slice(0, to), going: listed.slice(to) };
  const canGo = (): boolean => mayScale(supervision, wanted) && areSpare(supervision, parts);
  for (const id of parts.staying) leaving.delete(id);
  if (parts.going.length === 0 || !canGo()) return;
  for (const id of parts.going) leaving.add(id);
  try {
    if (!(await takeOut(supervision, scaled, parts.going)) || !canGo()) return;
    if (to < scale.count) resized(supervision, scaled, { to, why });
    await tools.runtime.apply(specOf(wanted, to), noFence, signal);
  } finally {
    if (scale.count > to) for (const id of parts.going) leaving.delete(id);
  }
}

function resized({ tools, wake }: Supervision, scaled: Scaled, { to, why }: Resize): void {
  const { scale } = scaled;
  tools.log.info(`${nameOf(scaled)} goes from ${scale.count} to ${to} instances: ${why}`);
  if (to < scale.count) scale.isLimitSaid = false;
  scale.count = to;
  wake();
}

async function instancesOf(
  { tools, target }: Supervision,
  { wanted: { spec } }: Scaled,
): Promise<readonly ObservedInstance[]> {
  const pools = await tools.runtime.observe(target);
  const key = poolKey(spec.pool);
  return (
    pools.find(({ pool, revision }) => poolKey(pool) === key && revision === spec.revision)?.instances ?? []
  );
}

type Parts = { readonly staying: readonly InstanceId[]; readonly going: readonly InstanceId[] };

/** Nobody goes who carries load while somebody stays who does not. */
function areSpare({ watched }: Supervision, { staying, going }: Parts): boolean {
  const isUp = (id: InstanceId): boolean => {
    const one = watched.get(id);
    return one !== undefined && carries(one);
  };
  return staying.every(isUp) || !going.some(isUp);
}

/**
 * Out of the membership, and then until what is in flight to them has ended, or for the grace of a stop. Answers false
 * when the router has not acknowledged that they are members no more.
 */
async function takeOut(
  supervision: Supervision,
  { wanted }: Scaled,
  going: readonly InstanceId[],
): Promise<boolean> {
  const { tools, told, signal } = supervision;
  const { slot, spec } = wanted;
  if (!takesTraffic(wanted)) return true;
  await untilTold(supervision, slot);
  const members = told.get(slotKey(slot));
  if (signal.aborted || members === undefined || going.some((id) => members.includes(JSON.stringify(id))))
    return false;
  const { grace } = spec.manifest.run;
  const late = tools.clock.sleep(grace, signal).catch(() => undefined); // The supervision ends: nothing is waited for.
  await Promise.race([tools.router.drain(slot, grace, going), late]);
  return true;
}
