import type { RolloutSummary } from '../../api/contract.ts';
import type { Palette } from './palette.ts';
import { until } from './time.ts';

/** The gate at which a rollout waits, who opens it, and what happens when nobody does; nothing when it waits at none. */
export function waitingLines(
  { waiting, environment }: RolloutSummary,
  now: number,
  { yellow }: Palette,
): string[] {
  if (!waiting) return [];
  const then = `${waiting.otherwise === 'go' ? 'goes on' : 'goes back'} by itself in ${until(waiting.until, now)}`;
  return [`${yellow('?')} it waits at ${waiting.step} for gonogo approve ${environment}, and ${then}`];
}
