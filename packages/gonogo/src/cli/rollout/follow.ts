import type { Client } from '../../api/client.ts';
import type { Progress, RolloutDetail } from '../../api/contract.ts';
import { isProblem, messageOf, problem } from '../../errors.ts';
import { openAgent } from '../context.ts';

export type Following = {
  readonly environment: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
};

/** How often an agent that went away is looked for, or started, again. */
const attempts = 3;

/**
 * Follows a rollout to its end; undefined when the signal aborted before. An agent that went away meanwhile is started
 * again, as its journal lets it carry on. Fails with AGENT_LOST when that does not help.
 */
export async function followRollout(
  agent: Client,
  rollout: string,
  following: Following,
): Promise<RolloutDetail | undefined> {
  let from = agent;
  for (let attempt = 1; ; attempt++) {
    try {
      return await followOnce(from, rollout, following);
    } catch (error) {
      if (!isProblem(error, 'AGENT_UNREACHABLE')) throw error;
      if (attempt === attempts) throw lost(rollout, following, error);
      from = await openAgent();
    }
  }
}

async function followOnce(
  agent: Client,
  rollout: string,
  following: Following,
): Promise<RolloutDetail | undefined> {
  for await (const progress of agent.follow(rollout, following.signal)) {
    if ('rollout' in progress && progress.rollout.ending) return progress.rollout;
    following.onProgress(progress);
  }
  if (following.signal.aborted) return undefined;
  return agent.rollout({ id: rollout });
}

const lost = (rollout: string, { environment }: Following, error: unknown): Error =>
  problem('AGENT_LOST', { rollout, environment, why: messageOf(error) }, error);
