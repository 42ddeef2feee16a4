import type { Intent } from '../domain/event.ts';
import type { Outcome, Work } from '../domain/plan.ts';
import { messageOf, Problem } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fence } from '../ports/leases.ts';
import { type Call, failed, type Performer, type Performers, unknown } from '../ports/performer.ts';

/** How long a performer may take to give up after its deadline before it is left behind. */
const giveUpWithin = 15_000;

export type Carry = {
  readonly intent: Intent;
  readonly fence: Fence;
  readonly first: 'look' | 'perform';
  /** Aborts when the rollout goes back. */
  readonly cancelled: AbortSignal;
};

/** Carries out one intent to its outcome, whatever happens: a thrown error and a passed deadline are outcomes too. */
export async function carryOut(performers: Performers, clock: Clock, carry: Carry): Promise<Outcome> {
  const { intent, cancelled } = carry;
  const deadline = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([cancelled, deadline.signal]);
  const call = { key: intent.key, fence: carry.fence, direction: intent.direction, signal };
  const late = timeOut({ clock, within: intent.within, deadline, over: over.signal });
  try {
    return await Promise.race([work(performers, carry, call), late]);
  } catch (error) {
    if (cancelled.aborted) return unknown('it was given up, because the rollout goes back');
    if (deadline.signal.aborted) return unknown(messageOf(deadline.signal.reason));
    return outcomeOf(error);
  } finally {
    over.abort();
  }
}

async function work(performers: Performers, { intent, first }: Carry, call: Call): Promise<Outcome> {
  if (intent.work.do === 'ask') return unknown('a gate is answered by people, not performed');
  const performer = performers[intent.work.do] as Performer<Work['do']>;
  if (first === 'look') {
    const seen = await performer.look(intent.work as never, call);
    if (seen !== 'not-begun' && (seen.is !== 'unknown' || intent.redo === 'never')) return seen;
  }
  call.signal.throwIfAborted(); // Given up before it was begun: then it is not begun.
  return await performer.perform(intent.work as never, call);
}

type Deadline = {
  readonly clock: Clock;
  readonly within: number;
  readonly deadline: AbortController;
  readonly over: AbortSignal;
};

/** Aborts the work at its deadline, and answers for it when it does not come back. */
async function timeOut({ clock, within, deadline, over }: Deadline): Promise<Outcome> {
  const why = `it was not done within ${Math.round(within / 1000)} s`;
  try {
    await clock.sleep(within, over);
    deadline.abort(new Error(why));
    await clock.sleep(giveUpWithin, over);
  } catch {
    return unknown(why); // The work was done first; nobody waits for this any more.
  }
  return unknown(`${why}, and did not stop when it was told to`);
}

const outcomeOf = (error: unknown): Outcome =>
  error instanceof Problem ? failed(error.message, { hint: error.hint }) : failed(messageOf(error));
