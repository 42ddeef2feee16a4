import type { Client } from '../../api/client.ts';
import type { Progress, RolloutDetail } from '../../api/contract.ts';
import { isProblem } from '../../errors.ts';
import { whoAsks } from '../context.ts';
import { goOnWhenOutputCloses } from '../output.ts';
import { askWhatNow, canAsk } from './ask.ts';
import { followRollout } from './follow.ts';
import { type Interrupts, onInterrupt } from './interrupt.ts';
import type { Screen } from './screen.ts';

export type Running = {
  readonly id: string;
  readonly project: string;
  readonly environment: string;
  /** False: leave when it waits for approval; default true. */
  readonly wait?: boolean;
};

/**
 * Tells a rollout to its verdict and answers the exit code. Ctrl-C asks whether to abort it or to leave it running;
 * where nobody can be asked, the first one aborts it and goes on telling, and the second one leaves (exit 4: not
 * decided yet).
 */
export async function runToVerdict(agent: Client, running: Running, screen: Screen): Promise<number> {
  goOnWhenOutputCloses();
  const leave = new AbortController();
  const interrupts = interruptsOf(agent, running, { screen, leave });
  try {
    const rollout = await followRollout(agent, running.id, {
      environment: running.environment,
      signal: leave.signal,
      onProgress: (progress) => {
        screen.progress(progress);
        if (running.wait === false && waits(progress)) leave.abort();
      },
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

const waits = (progress: Progress): boolean =>
  'event' in progress && progress.event.e === 'intended' && progress.event.intent.work.do === 'ask';

type Telling = { readonly screen: Screen; readonly leave: AbortController };

function interruptsOf(agent: Client, running: Running, { screen, leave }: Telling): Interrupts {
  const putBack = (): void =>
    void askToAbort(agent, running, screen).catch((error) =>
      screen.say(`  it could not be asked: ${error.message}`),
    );
  const asked = async (): Promise<void> => {
    screen.pause();
    const choice = await askWhatNow();
    screen.resume();
    if (choice === 'abort') putBack();
    if (choice === 'detach') leave.abort();
  };
  let asking = false;
  const ask = (): void => {
    if (asking) return;
    asking = true;
    void asked().finally(() => {
      asking = false;
    });
  };
  return canAsk() ? onInterrupt(ask, ask) : onInterrupt(putBack, () => leave.abort());
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

/** Where putting back is what was asked for, a NO-GO is its success, and a rollout that won the race is none. */
export const codeOfPuttingBack = (code: number): number => (code === 1 ? 0 : code === 0 ? 1 : code);
