import { routeOf } from '../domain/front.ts';
import type { Move, Taker } from '../domain/plan.ts';
import type { Call } from '../ports/performer.ts';
import { type Answered, askReadiness, fromItself, readinessOf, thoseReady } from './probe.ts';
import { memberOf, observePool, openRevision, type Tools } from './tools.ts';

/** What the instances of a pool answer, and how many there are. */
type Readiness = { readonly answered: readonly Answered[]; readonly of: number };

/** How long a slot that is not ready is left alone before it is asked again. */
const pause = 250;

type Asking = { readonly call: Call; readonly already: boolean };

/** What was answered; `why` it is not enough. */
type Admission = { readonly answered: readonly Answered[]; readonly why?: string };

/**
 * Publishes the front and tells it who is ready, also where users are sent already: somebody else may have sent them.
 * On the way back one ready slot is enough, since the other may be why it goes back.
 */
export async function admit(tools: Tools, move: Move, { call, already }: Asking): Promise<Admission> {
  if (already && move.pools.length === 0) return { answered: [] };
  const takers = await readyOf(tools, move, { call, already });
  const missing = [...takers].find(([taker, readiness]) => isMissing(taker, readiness));
  const answered = [...takers.values()].flatMap((readiness) => readiness.answered);
  if (missing && call.direction === 'forward') return { answered, why: tooFew(...missing) };
  const [served] = move.pools;
  const values = served ? (await openRevision(tools, served.revision)).values : {};
  await tools.router.publish(move.shift.target, routeOf(move, values));
  for (const [{ pool }, readiness] of takers) {
    const ready = thoseReady(readiness.answered);
    // Whoever has nobody ready keeps the members it has: the data plane knows best which of them to spare.
    if (ready.length > 0) await tools.router.members(pool, ready.map(memberOf), call.fence);
  }
  return { answered };
}

const howMany = ({ answered }: Readiness): number => thoseReady(answered).length;

const isMissing = ({ whole }: Taker, readiness: Readiness): boolean =>
  howMany(readiness) === 0 || (whole === true && howMany(readiness) < readiness.of);

const tooFew = ({ pool }: Taker, readiness: Readiness): string =>
  `${howMany(readiness)} of ${readiness.of} instances in ${pool.slot} are ready now, so traffic stays where it is`;

/**
 * Who is ready in each pool now. On the way back there is nowhere better to send users, so that a moment of weakness,
 * such as a database that both slots miss, is waited for until the step's deadline.
 */
async function readyOf(
  tools: Tools,
  { pools }: Move,
  { call, already }: Asking,
): Promise<Map<Taker, Readiness>> {
  for (;;) {
    const takers = new Map<Taker, Readiness>();
    for (const taker of pools) takers.set(taker, await readyIn(tools, taker, call.signal));
    const isEnough = pools.length === 0 || [...takers.values()].some((readiness) => howMany(readiness) > 0);
    if (isEnough || already || call.direction === 'forward') return takers;
    await tools.clock.sleep(pause, call.signal);
  }
}

/** Who is ready in a pool now, by its own answer; nobody when it holds another revision. */
async function readyIn(tools: Tools, taker: Taker, signal: AbortSignal): Promise<Readiness> {
  const opened = await openRevision(tools, taker.revision);
  const pool = await observePool(tools, taker.pool);
  const instances = pool?.revision === taker.revision ? pool.instances : [];
  const answering = await askReadiness(tools, instances, readinessOf(opened, signal));
  const own = answering.map(async ({ instance, answer }) => ({
    instance,
    answer: await fromItself(tools, instance, answer),
  }));
  return { answered: await Promise.all(own), of: instances.length };
}
