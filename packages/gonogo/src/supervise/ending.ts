import type { Instant, Millis } from '../domain/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { InstanceId, InstanceState, ObservedInstance } from '../ports/runtime.ts';
import { backoff, inARow } from './backoff.ts';
import type { Condition } from './instance.ts';
import type { SupervisorTools } from './supervision.ts';

/** How an instance came to its end, and what follows. */
export type Ending = {
  /** `ended with exit code 3` */
  readonly how: string;
  /** How often in a row that happened in its place, this time included. */
  readonly times: number;
  /** How long its place stays empty. */
  readonly wait: Millis;
  /** When it may be replaced: by the monotonic clock, and for people. */
  readonly replaceAt: Millis;
  readonly again: Instant;
};

type Tools = { readonly clock: Clock; readonly random: () => number };

/**
 * The wait counts from the end itself, not from when it was seen: an agent that was started again meanwhile goes on
 * where the last one was. What went down with the machine did nothing wrong.
 */
export function endingOf(instance: ObservedInstance, condition: Condition, { clock, random }: Tools): Ending {
  const { state } = instance;
  const now = clock.wall();
  const ended = state.is === 'ended' ? state.endedAt : now;
  const restarts = isOurs(state) ? 0 : inARow(instance.inARow, ended - state.startedAt);
  const wait = backoff(restarts, random());
  // A clock that was put back must not make it longer.
  const left = Math.min(Math.max(ended + wait - now, 0), wait);
  const how = condition.is === 'failed' ? condition.why : howItEnded(state);
  return { how, times: restarts + 1, wait, replaceAt: clock.mono() + left, again: now + left };
}

const isOurs = (state: InstanceState): boolean => state.is === 'ended' && state.withMachine === true;

function howItEnded(state: InstanceState): string {
  if (state.is !== 'ended') return 'ended';
  if (state.withMachine) return 'went down with the machine';
  if (state.outOfMemory === 'limit') return 'was killed: it used more memory than it may';
  if (state.outOfMemory === 'host') return 'was killed: the host had no memory left';
  if (state.signal !== null) return `was ended by ${state.signal}`;
  return state.code === null ? 'ended, and nobody saw how' : `ended with exit code ${state.code}`;
}

/** A loop is told loudly once, when it begins; after that each turn is a line for who reads on. */
export function announceEnd(log: SupervisorTools['log'], id: InstanceId, ending: Ending): void {
  const { how, times, wait } = ending;
  const fields = { times_in_a_row: times, again_in_ms: Math.round(wait) };
  if (times === 1) log.warn(`${id} ${how}: it is started again at once`, fields);
  else if (times === 2)
    log.warn(
      `${id} ${how}, as the one before it did: a crash loop, in which each start waits longer, up to 5 min`,
      fields,
    );
  else log.info(`${id} ${how}`, fields);
}
