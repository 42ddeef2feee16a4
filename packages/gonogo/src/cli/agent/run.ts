import { agentEnvironment, agentFlags } from '../../api/launch.ts';
import { problem } from '../../errors.ts';
import { immutableCopy } from '../../system/code-copy.ts';
import { entryPath } from '../../system/entries.ts';
import { stateRoot } from '../context.ts';
import { findRunning } from './find.ts';

/**
 * Becomes the agent: same pid, so that whoever supervises this command supervises it; its own environment, folder and
 * copy of the code. Fails with AGENT_RUNNING. Does not return.
 */
export async function runInForeground(): Promise<never> {
  const root = stateRoot();
  if (await findRunning(root)) throw problem('AGENT_RUNNING', { root });
  const { node, entry } = await immutableCopy(entryPath('agent'), root);
  process.chdir('/');
  if (!process.execve) throw problem('NOT_SUPPORTED', { what: 'gonogo agent run on this platform' });
  return process.execve(node, [node, ...agentFlags, entry, root], {
    ...agentEnvironment(process.env, entry),
    GONOGO_FOREGROUND: '1',
  });
}
