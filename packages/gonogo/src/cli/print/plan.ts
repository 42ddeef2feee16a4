import type { PlanView } from '../../api/contract.ts';
import { columns } from './columns.ts';
import type { Palette } from './palette.ts';
import { duration } from './time.ts';
import { frontUrl } from './verdict.ts';

/** What a deploy would do: a line for each step, and what puts it back. */
export function planLines(plan: PlanView, { bold, dim }: Palette): string[] {
  const now = plan.previous === undefined ? 'nothing is live yet' : `${plan.previous} is live`;
  const rows = plan.steps.map(({ name, does, undo }) => [
    `  ${name}`,
    does,
    undo.length === 0 ? '' : dim(`put back: ${undo.join(', ')}`),
  ]);
  return [
    `${bold('plan')}  ${plan.release} → ${plan.environment} (${plan.strategy}, ${frontUrl(plan.front)}; ${now})`,
    ...columns(rows),
    ...laterLines(plan),
    `nothing was changed; the same command with --plan-id ${plan.id} instead of --plan does exactly this`,
  ];
}

/** What the plan leaves to be done later. */
function laterLines({ previous, keep }: PlanView): string[] {
  if (previous === undefined || keep === undefined) return [];
  const warm = keep === 0 ? '' : `stays warm for ${duration(keep)}, and then `;
  return [`afterwards ${previous} ${warm}is stopped`];
}
