import { rolloutOf } from '../domain/course.ts';
import type { EvidenceRef, Move, Outcome, WorkOf } from '../domain/plan.ts';
import { pathOf } from '../domain/probe.ts';
import { describeSplit, type Shift, sameSplit, servingSlots } from '../domain/split.ts';
import { isProblem } from '../errors.ts';
import type { Evidence } from '../ports/evidence.ts';
import { type Call, failed, ok, type Performer, unknown } from '../ports/performer.ts';
import type { Prepared } from '../ports/router.ts';
import { admit } from './admit.ts';
import type { Arrivals } from './arrivals.ts';
import { holdUsers, releaseUsers } from './cutover.ts';
import { type Answered, answersOf } from './probe.ts';
import { keepAll, openRevision, type Tools } from './tools.ts';

type FlipWork = WorkOf<'flip'>;

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
  const answered: Answered[] = [];
  for (const move of moves) {
    const already = await isAlready(tools, move);
    const admitted = await admit(tools, move, { call, already });
    answered.push(...admitted.answered);
    if (admitted.why !== undefined) return await refuse(tools, moves, { answered, why: admitted.why });
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
  return await settle(tools, moves, { call, answered, acknowledged });
}

/** Nobody is sent anywhere as long as there is no route, so a flip to nobody needs none. */
const isAlready = async (tools: Tools, { shift }: Move): Promise<boolean> => {
  const observed = await tools.router.observe(shift.target);
  return observed.settled && sameSplit(observed.split, shift.to);
};

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

type Refusal = { readonly answered: readonly Answered[]; readonly why: string };

/** A flip that has moved what there was to move; after a crash nobody knows any more what was answered before it. */
type Moved = {
  readonly call: Call;
  readonly answered?: readonly Answered[];
  readonly acknowledged?: number | undefined;
};

/** Confirms every move, and keeps what was asked before and what the moves have made. */
async function settle(tools: Tools, moves: readonly Move[], moved: Moved): Promise<Outcome> {
  const { call, answered = [], acknowledged } = moved;
  const facts: Record<string, string | number> =
    acknowledged === undefined ? {} : { acknowledged_ms: Math.round(acknowledged * 10) / 10 };
  for (const move of moves) {
    const { why, who } = await confirm(tools, move, call);
    if (why !== undefined) return await refuse(tools, moves, { answered, why });
    const { target, to } = move.shift;
    facts[`split of ${target.service}`] = describeSplit(to);
    if (who !== undefined) facts[`front of ${target.service}`] = `a new connection was answered by ${who}`;
  }
  const evidence = await keep(tools, moves, [...asked(answered), { of: 'facts', facts }]);
  return acknowledged === undefined ? ok(evidence) : { ...ok(evidence), acknowledged };
}

const refuse = async (tools: Tools, moves: readonly Move[], { answered, why }: Refusal): Promise<Outcome> =>
  failed(why, { evidence: await keep(tools, moves, asked(answered)) });

const asked = (answered: readonly Answered[]): Evidence[] =>
  answered.length > 0 ? [answersOf(answered)] : [];

const keep = async (
  tools: Tools,
  [first]: readonly Move[],
  kept: readonly Evidence[],
): Promise<EvidenceRef[]> => (first ? await keepAll(tools, first.shift.target, kept) : []);

/** Who answered, or why that is not who should; neither where nobody is to answer. */
type Confirmation = { readonly who?: string; readonly why?: string };

/** "The flip returned success" is not "traffic moved": somebody new must be answered by the right slot. */
async function confirm(tools: Tools, move: Move, { signal }: Call): Promise<Confirmation> {
  const expected = servingSlots(move.shift.to);
  const [part] = move.pools;
  if (!part || expected.length === 0) return {};
  const { revision } = await openRevision(tools, part.revision);
  const path = pathOf(revision.release.manifest.health.ready);
  const who = await tools.router.whoAnswers(move.shift.target, path);
  if (signal.aborted) throw signal.reason;
  if (who !== undefined && expected.includes(who)) return { who };
  const why = `after the flip to ${describeSplit(move.shift.to)} a new connection through the front was answered by ${who ?? 'nobody'}`;
  return { why };
}

async function look(tools: Tools, { moves }: FlipWork, call: Call): Promise<Outcome | 'not-begun'> {
  const states = await Promise.all(moves.map(({ shift }) => stateOf(tools, shift)));
  if (states.every((state) => state === 'done')) {
    await releaseUsers(tools, moves);
    return await settle(tools, moves, { call });
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
