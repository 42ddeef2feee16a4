import type { RolloutSummary } from '../../api/contract.ts';
import { columns } from './columns.ts';
import type { Palette } from './palette.ts';
import { ago, duration } from './time.ts';

/** `gonogo history`: a line a rollout. */
export function historyLines(rollouts: readonly RolloutSummary[], now: number, palette: Palette): string[] {
  if (rollouts.length === 0) return ['no rollout yet'];
  return columns(rollouts.map((rollout) => row(rollout, now, palette)));
}

function row(rollout: RolloutSummary, now: number, palette: Palette): string[] {
  const { startedAt, endedAt, failedStep, ending } = rollout;
  return [
    verdictWord(rollout, palette),
    rollout.release,
    rollout.kind,
    ending ? `${ending}${failedStep ? ` at ${failedStep}` : ''}` : 'running',
    ago(startedAt, now),
    endedAt === undefined ? '' : duration(endedAt - startedAt),
    palette.dim(rollout.id),
  ];
}

function verdictWord({ verdict }: RolloutSummary, { green, red, yellow }: Palette): string {
  if (verdict === undefined) return yellow('…');
  return verdict === 'GO' ? green(verdict) : red(verdict);
}
