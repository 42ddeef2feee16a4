import type { RolloutSummary } from '../../api/contract.ts';
import { columns } from './columns.ts';
import { namesOf } from './names.ts';
import type { Palette } from './palette.ts';
import { ago, duration } from './time.ts';

/** `gonogo history`: a line a rollout. */
export function historyLines(rollouts: readonly RolloutSummary[], now: number, palette: Palette): string[] {
  if (rollouts.length === 0) return ['no rollout yet'];
  const nameOf = namesOf(rollouts);
  return columns(rollouts.map((rollout) => row(rollout, nameOf(rollout), { now, palette })));
}

type Telling = { readonly now: number; readonly palette: Palette };

function row(rollout: RolloutSummary, name: string, { now, palette }: Telling): string[] {
  const { startedAt, endedAt, failedStep, ending } = rollout;
  return [
    verdictWord(rollout, palette),
    name,
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
