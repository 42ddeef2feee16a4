import { type Connected, findAgent } from '../../api/hello.ts';
import { problem } from '../../errors.ts';
import { stateFolder } from '../../system/state.ts';

export const findRunning = (root: string): Promise<Connected | undefined> =>
  findAgent(stateFolder(root).agentSocket);

/** The agent of a state folder; fails with AGENT_NOT_RUNNING rather than start one. */
export async function needRunning(root: string): Promise<Connected> {
  const found = await findRunning(root);
  if (!found) throw problem('AGENT_NOT_RUNNING', { root });
  return found;
}
