import { columns } from '../print/columns.ts';
import { duration } from '../print/time.ts';
import { deviations, type Told } from './story.ts';
import { numberOf } from './versions.ts';

/** What the demo's users met. */
export type TrafficCounts = {
  readonly requests: number;
  /** Requests without a complete, correct answer, but for those of `fromBadRelease`. */
  readonly failed: number;
  /** v5's own, complete error answers. */
  readonly fromBadRelease: number;
  /** Answers by the version that gave them, `2.0.0`. */
  readonly byVersion: Readonly<Record<string, number>>;
  /** Failed requests by kind of loss. */
  readonly losses: Readonly<Record<string, number>>;
  readonly seconds: number;
};

/** Requests per second that the demo promises from start to end. */
const promisedRate = 200;

export const rateOf = ({ requests, seconds }: TrafficCounts): number =>
  seconds > 0 ? requests / seconds : 0;

/** Everything in which the story did not hold, a sentence each; none when it did. */
export function whatBroke(told: readonly Told[], traffic: TrafficCounts): string[] {
  const { failed, fromBadRelease, byVersion } = traffic;
  const met = (['v3', 'v4'] as const).filter((version) => (byVersion[numberOf(version)] ?? 0) > 0);
  const rate = Math.floor(rateOf(traffic));
  return [
    ...told.flatMap(deviations),
    ...(failed > 0 ? [`${failed} requests got no complete, correct answer (${lossesText(traffic)})`] : []),
    ...(rate < promisedRate ? [`there were ${rate} requests a second, fewer than ${promisedRate}`] : []),
    ...(fromBadRelease === 0 ? ['no user met v5’s mistake, so the watch had nothing to see'] : []),
    ...met.map((version) => `users met ${version}, which never got a GO`),
  ];
}

export const lossesText = ({ losses }: TrafficCounts): string =>
  Object.entries(losses)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ');

/** The table that ends the story: a line per rollout, then the traffic and the flips. */
export function summaryLines(told: readonly Told[], traffic: TrafficCounts): string[] {
  const rows = told.flatMap(rowsOf);
  const flips = flipsOf(told).map(({ ms }) => ms);
  const { requests, failed, fromBadRelease } = traffic;
  return [
    ...columns([['release', 'to', 'verdict', 'step', 'time'], ...rows]),
    '',
    `traffic  ${requests} requests, ${Math.floor(rateOf(traffic))} a second; ${failed} failed; ${fromBadRelease} error answers from v5`,
    `flips    ${flips.length}, each acknowledged within ${Math.ceil(Math.max(0, ...flips))} ms`,
  ];
}

function rowsOf({ chapter, rollout, rehearsal, ms }: Told): string[][] {
  const name = (release: string): string => `${chapter.version} ${release}`;
  const by = chapter.act === 'rollback' ? 'rollback' : '';
  return [
    ...(rehearsal
      ? [[name(rehearsal.release), rehearsal.environment, verdictOf(rehearsal), '', timeOf(rehearsal)]]
      : []),
    [name(rollout.release), rollout.environment, verdictOf(rollout), rollout.failedStep ?? by, duration(ms)],
  ];
}

const verdictOf = ({ verdict }: { verdict?: string }): string => verdict ?? '?';
const timeOf = ({ startedAt, endedAt }: { startedAt: number; endedAt?: number }): string =>
  duration((endedAt ?? startedAt) - startedAt);

const flipsOf = (told: readonly Told[]): { ms: number }[] =>
  told.flatMap(({ rollout }) => rollout.flips.map(({ ms }) => ({ ms: Math.round(ms * 100) / 100 })));

/** What `--format json` prints as its last line; one verdict a chapter. */
export const summaryJson = (told: readonly Told[], traffic: TrafficCounts): string =>
  JSON.stringify({
    verdicts: told.map(({ chapter, rollout, ms }) => ({
      release: chapter.version,
      verdict: rollout.verdict,
      step: rollout.failedStep ?? null,
      ms: Math.round(ms),
    })),
    traffic: { requests: traffic.requests, failed: traffic.failed, from_bad_release: traffic.fromBadRelease },
    flips: flipsOf(told),
  });
