import type { RolloutSummary } from '../../api/contract.ts';
import type { Palette } from './palette.ts';
import { until } from './time.ts';

/** Of a rollout that runs: why it goes back, or at which gate it waits and what happens when nobody answers. */
export function runningLines(rollout: RolloutSummary, now: number, { yellow }: Palette): string[] {
  const { waiting, why, environment } = rollout;
  if (why !== undefined) return [`${yellow('↩')} it goes back: ${why}`];
  if (!waiting) return [];
  const then = `${waiting.otherwise === 'go' ? 'goes on' : 'goes back'} by itself in ${until(waiting.until, now)}`;
  return [`${yellow('?')} it waits at ${waiting.step} for gonogo approve ${environment}, and ${then}`];
}
