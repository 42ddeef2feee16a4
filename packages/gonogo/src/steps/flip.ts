import { rolloutOf } from '../domain/course.ts';
import { routeOf } from '../domain/front.ts';
import type { Move, Outcome, Taker, WorkOf } from '../domain/plan.ts';
import { pathOf } from '../domain/probe.ts';
import { describeSplit, type Shift, sameSplit, servingSlots } from '../domain/split.ts';
import { isProblem } from '../errors.ts';
import { type Call, failed, ok, type Performer, unknown } from '../ports/performer.ts';
import type { Prepared } from '../ports/router.ts';
import type { ObservedInstance } from '../ports/runtime.ts';
import type { Arrivals } from './arrivals.ts';
import { holdUsers, releaseUsers } from './cutover.ts';
import { answersItself, readinessOf, readyNow } from './probe.ts';
import { keepEvidence, memberOf, observePool, openRevision, type Tools } from './tools.ts';

type FlipWork = WorkOf<'flip'>;

/** Who of a pool is ready, and how many there are. */
type Readiness = { readonly ready: readonly ObservedInstance[]; readonly of: number };

/** How long a slot that is not ready is left alone before it is asked again. */
const pause = 250;

/**
 * Moves user traffic: readiness is asked again now, every move is prepared, then all are committed, each acknowledged
 * by the data plane and confirmed by a fresh connection through the front. A move that fails reverts the others. Where
 * nobody serves for a while, users wait. Undone by the flip back. Gives up when somebody is not ready, when the router has
 * moved, or at the step's deadline; on the way back it waits for one ready slot until then.
 */
export const flipStep = (tools: Tools, arrivals: Arrivals): Performer<'flip'> => ({
  perform: async (work, call) => await flip({ ...tools, arrivals }, work, call),
  look: async (work, call) => await look(tools, work, call),
});

async function flip(
  tools: Tools & { readonly arrivals: Arrivals },
  { moves }: FlipWork,
  call: Call,
): Promise<Outcome> {
  const open: Move[] = [];
  for (const move of moves) {
    const already = await isAlready(tools, move);
    const unready = await admit(tools, move, { call, already });
    if (unready !== undefined) return failed(unready);
    if (!already) open.push(move);
  }
  call.signal.throwIfAborted();
  const prepared = await prepareAll(tools, open, call);
  await orDrop(tools, prepared, async () => {
    for (const { pools } of open)
      for (const { pool } of pools) await tools.arrivals.note(rolloutOf(call.key), pool);
    await holdUsers(tools, open);
  });
  const acknowledged = await commitAll(tools, prepared, call);
  await releaseUsers(tools, moves);
  return (await confirmAll(tools, moves, call)) ?? (await record(tools, moves, acknowledged));
}

/** Nobody is sent anywhere as long as there is no route, so a flip to nobody needs none. */
const isAlready = async (tools: Tools, { shift }: Move): Promise<boolean> => {
  const observed = await tools.router.observe(shift.target);
  return observed.settled && sameSplit(observed.split, shift.to);
};

type Admission = { readonly call: Call; readonly already: boolean };

/**
 * Publishes the front and tells it who is ready, also where users are sent already: somebody else may have sent them.
 * Answers what is missing, if anything is. On the way back one ready slot is enough, since the other may be why it goes
 * back.
 */
async function admit(tools: Tools, move: Move, { call, already }: Admission): Promise<string | undefined> {
  if (already && move.pools.length === 0) return undefined;
  const takers = await readyOf(tools, move, { call, already });
  const missing = [...takers].find(([taker, readiness]) => isMissing(taker, readiness));
  if (missing && call.direction === 'forward') return tooFew(...missing);
  const [served] = move.pools;
  const values = served ? (await openRevision(tools, served.revision)).values : {};
  await tools.router.publish(move.shift.target, routeOf(move, values));
  for (const [{ pool }, { ready }] of takers) {
    // Whoever has nobody ready keeps the members it has: the data plane knows best which of them to spare.
    if (ready.length > 0) await tools.router.members(pool, ready.map(memberOf), call.fence);
  }
  return undefined;
}

const isMissing = ({ whole }: Taker, { ready, of }: Readiness): boolean =>
  ready.length === 0 || (whole === true && ready.length < of);

const tooFew = ({ pool }: Taker, { ready, of }: Readiness): string =>
  `${ready.length} of ${of} instances in ${pool.slot} are ready now, so traffic stays where it is`;

/**
 * Who is ready in each pool now. On the way back there is nowhere better to send users, so that a moment of weakness,
 * such as a database that both slots miss, is waited for until the step's deadline.
 */
async function readyOf(
  tools: Tools,
  { pools }: Move,
  { call, already }: Admission,
): Promise<Map<Taker, Readiness>> {
  for (;;) {
    const takers = new Map<Taker, Readiness>();
    for (const taker of pools) takers.set(taker, await readyIn(tools, taker, call.signal));
    const isEnough = pools.length === 0 || [...takers.values()].some(({ ready }) => ready.length > 0);
    if (isEnough || already || call.direction === 'forward') return takers;
    await tools.clock.sleep(pause, call.signal);
  }
}

/** Who is ready in a pool now, by its own answer; nobody when it holds another revision. */
async function readyIn(tools: Tools, taker: Taker, signal: AbortSignal): Promise<Readiness> {
  const opened = await openRevision(tools, taker.revision);
  const pool = await observePool(tools, taker.pool);
  const instances = pool?.revision === taker.revision ? pool.instances : [];
  const answering = await readyNow(tools, instances, readinessOf(opened, signal));
  const own = await Promise.all(answering.map((instance) => answersItself(tools, instance)));
  return { ready: answering.filter((_, index) => own[index]), of: instances.length };
}

async function prepareAll(tools: Tools, moves: readonly Move[], { fence }: Call): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  await orDrop(tools, prepared, async () => {
    for (const { shift } of moves) {
      if (sameSplit(shift.from, shift.to)) continue;
      prepared.push(await tools.router.prepare(await beginningOf(tools, shift), fence));
    }
  });
  return prepared;
}

async function orDrop(tools: Tools, prepared: readonly Prepared[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    for (const one of prepared) await tools.router.drop(one);
    throw error;
  }
}

/** Where several beginnings are as good, the one that the router is at. */
async function beginningOf(tools: Tools, { or = [], ...shift }: Move['shift']): Promise<Shift> {
  if (or.length === 0) return shift;
  const { split } = await tools.router.observe(shift.target);
  return { ...shift, from: or.find((other) => sameSplit(other, split)) ?? shift.from };
}

/** Answers the slowest acknowledgement in milliseconds; undefined when there was nothing to move. */
async function commitAll(
  tools: Tools,
  prepared: readonly Prepared[],
  call: Call,
): Promise<number | undefined> {
  const committed: Prepared[] = [];
  let slowest: number | undefined;
  try {
    for (const one of prepared) {
      slowest = Math.max(slowest ?? 0, (await tools.router.commit(one)).ms);
      committed.push(one);
    }
  } catch (error) {
    await revert(tools, committed, call);
    throw error;
  }
  return slowest;
}

async function revert(tools: Tools, committed: readonly Prepared[], { fence }: Call): Promise<void> {
  for (const { shift } of committed.toReversed()) {
    const back = { target: shift.target, from: shift.to, to: shift.from };
    await tools.router.commit(await tools.router.prepare(back, fence));
  }
}

async function confirmAll(tools: Tools, moves: readonly Move[], call: Call): Promise<Outcome | undefined> {
  for (const move of moves) {
    const wrong = await confirm(tools, move, call);
    if (wrong !== undefined) return failed(wrong);
  }
  return undefined;
}

/** "The flip returned success" is not "traffic moved": somebody new must be answered by the right slot. */
async function confirm(tools: Tools, move: Move, { signal }: Call): Promise<string | undefined> {
  const expected = servingSlots(move.shift.to);
  const [part] = move.pools;
  if (!part || expected.length === 0) return undefined;
  const { revision } = await openRevision(tools, part.revision);
  const path = pathOf(revision.release.manifest.health.ready);
  const slot = await tools.router.whoAnswers(move.shift.target, path);
  if (signal.aborted) throw signal.reason;
  if (slot !== undefined && expected.includes(slot)) return undefined;
  return `after the flip to ${describeSplit(move.shift.to)} a new connection through the front was answered by ${slot ?? 'nobody'}`;
}

async function record(
  tools: Tools,
  moves: readonly Move[],
  acknowledged: number | undefined,
): Promise<Outcome> {
  const facts: Record<string, string | number> =
    acknowledged === undefined ? {} : { acknowledged_ms: Math.round(acknowledged * 10) / 10 };
  for (const { shift } of moves) facts[`split of ${shift.target.service}`] = describeSplit(shift.to);
  const [first] = moves;
  const evidence = first ? [await keepEvidence(tools, first.shift.target, { of: 'facts', facts })] : [];
  return acknowledged === undefined ? ok(evidence) : { ...ok(evidence), acknowledged };
}

async function look(tools: Tools, { moves }: FlipWork, call: Call): Promise<Outcome | 'not-begun'> {
  const states = await Promise.all(moves.map(({ shift }) => stateOf(tools, shift)));
  if (states.every((state) => state === 'done')) {
    await releaseUsers(tools, moves);
    return (await confirmAll(tools, moves, call)) ?? ok();
  }
  if (states.every((state) => state === 'not-begun')) return 'not-begun';
  return unknown('the router sends traffic neither where it did nor where it should');
}

async function stateOf(
  tools: Tools,
  { target, from, to, or = [] }: Move['shift'],
): Promise<'done' | 'not-begun' | 'other'> {
  try {
    const { split } = await tools.router.observe(target);
    if (sameSplit(split, to) && !sameSplit(from, to)) return 'done';
    return [from, ...or].some((beginning) => sameSplit(split, beginning)) ? 'not-begun' : 'other';
  } catch (error) {
    if (isProblem(error, 'PROXY_UNREACHABLE')) return 'other';
    throw error;
  }
}
