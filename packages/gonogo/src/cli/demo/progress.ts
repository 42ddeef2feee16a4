import type { Progress, RolloutDetail } from '../../api/contract.ts';

/** What a rollout says of itself while it runs, a short line per step. Names of its steps are learned from its events. */
export function progressLines(now: () => number): (progress: Progress) => string[] {
  const begun = new Map<string, { readonly step: string; readonly at: number; readonly undo: boolean }>();
  return (progress) => {
    if (!('event' in progress)) return [];
    const { event } = progress;
    if (event.e === 'intended') {
      const { key, step, direction } = event.intent;
      begun.set(key, { step, at: now(), undo: direction === 'undo' });
    }
    if (event.e === 'turned-back') return [`  ↩ turning back: ${event.why}`];
    if (event.e !== 'settled') return [];
    const what = begun.get(event.key);
    if (!what) return [];
    const name = what.undo ? `undo ${what.step}` : what.step;
    const mark = event.outcome.is === 'ok' ? '✓' : '✗';
    return [`  ${mark} ${name.padEnd(12)} ${duration(now() - what.at)}`.trimEnd()];
  };
}

/** The verdict and, after a NO-GO, what failed, where it works, and what to do. */
export function verdictLines(rollout: RolloutDetail): string[] {
  const { verdict, release, environment, previous, findings } = rollout;
  const stayed = verdict === 'NO-GO' && previous !== undefined ? `   users stayed on ${previous}` : '';
  return [
    `${(verdict ?? 'no verdict').padEnd(5)}  ${release} → ${environment}${stayed}`,
    ...findings.flatMap(({ what, saw, from, elsewhere, hint }) => [
      `  ✗ ${what}   from ${from}: ${saw}`,
      ...[elsewhere, hint].filter((text) => text !== undefined && text !== '').map((text) => `    ${text}`),
    ]),
  ];
}

/** `12 ms`, `4.2 s` */
export const duration = (ms: number): string =>
  ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
