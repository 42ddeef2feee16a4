import type { PlanView } from '../../api/contract.ts';
import { columns } from './columns.ts';
import type { Palette } from './palette.ts';
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
    `nothing was changed; the same command with --plan-id ${plan.id} instead of --plan does exactly this`,
  ];
}
