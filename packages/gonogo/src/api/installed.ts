import { setTimeout as sleep } from 'node:timers/promises';
import { isProblem, problem } from '../errors.ts';
import { isErrno } from '../system/files.ts';
import { stateFolder } from '../system/state.ts';
import type { Client } from './client.ts';
import { findAgent, requireUnderstanding } from './hello.ts';

/** How long systemd may take to start it again, in milliseconds. */
const patience = 5000;

/**
 * The agent that is installed on this machine, which nobody but systemd starts. Fails with AGENT_FORBIDDEN,
 * AGENT_UNREACHABLE or AGENT_VERSION.
 */
export async function installedAgent(root: string): Promise<Client> {
  const { agentSocket } = stateFolder(root);
  for (const until = performance.now() + patience; ; await sleep(50)) {
    const found = await findOrRefuse(agentSocket, root);
    if (found) {
      requireUnderstanding(found.hello);
      return found.api;
    }
    if (performance.now() > until)
      throw problem('AGENT_UNREACHABLE', { socket: agentSocket, why: 'see systemctl status gonogo' });
  }
}

async function findOrRefuse(socket: string, root: string): ReturnType<typeof findAgent> {
  try {
    return await findAgent(socket);
  } catch (error) {
    if (isProblem(error, 'AGENT_UNREACHABLE') && isErrno(error.cause, 'EACCES'))
      throw problem('AGENT_FORBIDDEN', { root }, error);
    throw error;
  }
}
