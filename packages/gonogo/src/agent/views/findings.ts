import type { EvidenceView, Finding } from '../../api/contract.ts';
import type { CheckResult, Elsewhere } from '../../domain/check.ts';
import { stepsOf } from '../../domain/plan.ts';
import type { Rollout } from '../../domain/state.ts';

/** A NO-GO explained: the checks that failed, or else the step; one that waits for readiness explains the answers itself. */
export function findingsOf(rollout: Rollout, evidence: readonly EvidenceView[], now: number): Finding[] {
  const failed = rollout.turned?.step;
  if (failed === undefined) return [];
  // What was asked after the step was put back is not what failed.
  const forward = evidence.filter((one) => one.step === failed && one.undo === undefined);
  const step = stepsOf(rollout.plan).find((one) => one.id === failed);
  const checks = step?.work.do === 'ready' ? [] : forward.flatMap((one) => one.checks ?? []);
  const bad = checks.filter((check) => check.verdict === 'fail' || check.verdict === 'unknown');
  if (bad.length > 0) return bad.map((check) => ofCheck(check, rollout.spec.target.environment, now));
  const outcome = rollout.progress.get(failed)?.outcome;
  const finding = {
    what: step?.name ?? failed,
    saw: outcome?.why ?? rollout.turned?.why ?? '',
    from: forward.find(({ from }) => from !== undefined)?.from ?? rollout.spec.next.slot,
  };
  return [outcome?.hint === undefined ? finding : { ...finding, hint: outcome.hint }];
}

function ofCheck(check: CheckResult, environment: string, now: number): Finding {
  const works = check.elsewhere?.find((one) => one.verdict === 'pass');
  return {
    what: check.subject === undefined ? check.name : `${check.name} (${check.subject})`,
    saw: check.saw,
    from: check.from,
    ...(works ? { elsewhere: whereItWorks(check, works, { environment, now }) } : {}),
    ...(check.hint === undefined ? {} : { hint: check.hint }),
  };
}

/** `staging reaches it in 2 ms (checked 14 minutes ago)` */
function whereItWorks(
  check: CheckResult,
  works: Elsewhere,
  { environment, now }: { environment: string; now: number },
): string {
  const when = `(checked ${ago(now - works.at)})`;
  if (check.kind === 'env') return `${works.environment} has it ${when}; ${environment} does not`;
  if (check.name.startsWith('reach '))
    return `${works.environment} reaches it in ${Math.max(1, Math.round(works.ms))} ms ${when}`;
  return `it passes in ${works.environment} ${when}`;
}

/** A past stretch of time in words: `just now`, `14 minutes ago`. */
function ago(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
  ] as const;
  for (const [name, size] of units) {
    const count = Math.floor(ms / size);
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}
