import type { Client } from '../../api/client.ts';
import type { RolloutDetail } from '../../api/contract.ts';
import { isProblem } from '../../errors.ts';
import { whoAsks } from '../context.ts';
import { goOnWhenOutputCloses } from '../output.ts';
import { followRollout } from './follow.ts';
import { onInterrupt } from './interrupt.ts';
import type { Screen } from './screen.ts';

export type Running = { readonly id: string; readonly project: string; readonly environment: string };

/**
 * Tells a rollout to its verdict and answers the exit code. The first Ctrl-C asks the agent to put it back and goes on
 * telling; the second one leaves, and the rollout goes on without us (exit 4: not decided yet).
 */
export async function runToVerdict(agent: Client, running: Running, screen: Screen): Promise<number> {
  goOnWhenOutputCloses();
  const leave = new AbortController();
  const interrupts = onInterrupt(
    () =>
      void askToAbort(agent, running, screen).catch((error) =>
        screen.say(`  it could not be asked: ${error.message}`),
      ),
    () => leave.abort(),
  );
  try {
    const rollout = await followRollout(agent, running.id, {
      environment: running.environment,
      signal: leave.signal,
      onProgress: screen.progress,
    });
    if (!rollout) {
      screen.say(`the rollout goes on in the agent; follow it with: gonogo show ${running.id} --follow`);
      return 4;
    }
    screen.verdict(rollout);
    return exitCodeOf(rollout);
  } finally {
    interrupts.release();
    screen.close();
  }
}

async function askToAbort(agent: Client, running: Running, screen: Screen): Promise<void> {
  screen.say(
    'interrupted: the agent is asked to put it back, and users stay served; once more to leave it running',
  );
  try {
    await agent.abort({ project: running.project, environment: running.environment, by: whoAsks() });
  } catch (error) {
    // It ended in the same moment; its verdict comes next.
    if (!isProblem(error, 'NO_ROLLOUT')) throw error;
  }
}

/** 0 GO, 1 NO-GO, 3 when putting it back failed, 4 when it is not decided yet. */
export function exitCodeOf({ verdict, ending }: Pick<RolloutDetail, 'verdict' | 'ending'>): number {
  if (ending === 'stuck') return 3;
  if (ending === undefined) return 4;
  return verdict === 'GO' ? 0 : 1;
}
