import type { Database } from './database.ts';

const day = 24 * 3_600_000;

/** Evidence of rollouts that did not succeed is kept this long, in milliseconds, … */
const longest = 90 * day;
/** … and of no more of them than this in each environment. */
const most = 200;

/** What is due first is done when an agent that has just started has better things to do no more. */
const firstAfter = 60_000;

/**
 * The references that rollouts which ended otherwise than `succeeded`, and are too old or too many, made to evidence.
 * What proved a revision is never among them, and so neither is what shows how it went live.
 */
const doomed = `
  WITH ended AS (
    SELECT stream, seq, json ->> 'at' AS at, row_number() OVER (PARTITION BY stream ORDER BY seq DESC) AS nth
    FROM milestones WHERE begins = 0 AND json ->> 'e' = 'ended' AND json ->> 'as' <> 'succeeded'
  ), rollouts AS (
    SELECT events.rollout FROM ended JOIN events USING (stream, seq) WHERE ended.at < :oldest OR ended.nth > :most
  )
  SELECT CAST(substr(reference.value, length('evidence-') + 1) AS INTEGER)
  FROM rollouts JOIN events ON events.rollout = rollouts.rollout AND events.e = 'settled'
  JOIN json_each(events.json, '$.outcome.evidence') AS reference`;

/** Deletes the evidence that need not be kept any more at `now` (wall clock); answers how many pieces there were. */
export function forgetEvidence({ sql, write }: Database, now: number): number {
  const forget = sql.prepare(`DELETE FROM evidence WHERE id IN (${doomed})`);
  return write(() => Number(forget.run({ oldest: now - longest, most }).changes));
}

/** Deletes the newest results of checks that nobody has asked for as long; a later deploy would not compare with them. */
export function forgetChecks({ sql, write }: Database, now: number): number {
  const forget = sql.prepare('DELETE FROM newest_checks WHERE at < ?');
  return write(() => Number(forget.run(now - longest).changes));
}

/** Does this once a day while the thread lives; it does not keep the thread alive. */
export function everyDay(work: () => void): void {
  const dutifully = (): void => {
    try {
      work();
    } catch {
      // Safe to ignore: nothing is lost by keeping more, and the next write tells what is wrong with the disk.
    }
    setTimeout(dutifully, day).unref();
  };
  setTimeout(dutifully, firstAfter).unref();
}
