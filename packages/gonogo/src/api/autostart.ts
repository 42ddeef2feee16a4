import { setTimeout as sleep } from 'node:timers/promises';
import { problem, remoteProblem } from '../errors.ts';
import { requireRoom } from '../system/disk.ts';
import { entryPath } from '../system/entries.ts';
import { stateFolder } from '../system/state.ts';
import type { Client } from './client.ts';
import { type Connected, findAgent, requireUnderstanding, understands } from './hello.ts';
import { launchAgent } from './launch.ts';

export type EnsureOptions = {
  /** The agent's program; default this build's own. */
  readonly entry?: string;
  /** How long to wait for it to answer, in milliseconds; default 30 000. */
  readonly patience?: number;
};

/**
 * The agent of a state folder, started if nobody listens there. Two commands at once end up with one agent, because
 * only one gets the lock. An idle agent that speaks no common protocol, or one that can store nothing any more, is
 * replaced by this build's. Fails with AGENT_VERSION, DISK_FULL or STATE_UNUSABLE, with the problem that the agent met while it started, or with AGENT_FAILED.
 */
export async function ensureAgent(root: string, options: EnsureOptions = {}): Promise<Client> {
  const found = await findAgent(stateFolder(root).agentSocket);
  if (found && understands(found.hello) && found.hello.broken === undefined) return found.api;
  if (found?.hello.broken !== undefined) await requireRoom(root); // Until there is some, the old one does more good.
  if (found) await replace(found, root);
  return start(root, options);
}

async function start(root: string, options: EnsureOptions): Promise<Client> {
  const { agentSocket } = stateFolder(root);
  const until = performance.now() + (options.patience ?? 30_000);
  while (performance.now() < until) {
    await launchOnce(root, options.entry ?? entryPath('agent'), until);
    // Whoever holds the lock may be one that is ending; then nobody answers, and we start one again.
    const api = await answering(agentSocket, Math.min(until, performance.now() + 2000));
    if (api) return api;
  }
  throw problem('AGENT_UNREACHABLE', { socket: agentSocket, why: 'it did not answer in time' });
}

/** Another agent may have been faster: then that one is ours. Any other failure is told as it is. */
async function launchOnce(root: string, entry: string, until: number): Promise<void> {
  const launch = await launchAgent(root, entry);
  const late = sleep(Math.max(0, until - performance.now()), undefined, { ref: false });
  const outcome = await Promise.race([launch.outcome, late]);
  launch.forget();
  if (!outcome || 'ready' in outcome) return;
  if ('ended' in outcome) throw problem('AGENT_FAILED', { root, why: outcome.ended });
  if (outcome.failed.code !== 'AGENT_RUNNING') throw remoteProblem(outcome.failed);
}

async function answering(socket: string, until: number): Promise<Client | undefined> {
  while (performance.now() < until) {
    const found = await findAgent(socket);
    if (found) {
      requireUnderstanding(found.hello);
      return found.api;
    }
    await sleep(50);
  }
  return undefined;
}

/** Ends an agent that is of no use to this command. Whatever else it speaks, `hello` and `stop` never change. */
async function replace({ api, hello }: Connected, root: string): Promise<void> {
  if (hello.rollouts > 0) requireUnderstanding(hello);
  await api.stop({ all: false });
  const { agentSocket } = stateFolder(root);
  const until = performance.now() + 10_000;
  while (performance.now() < until) {
    const now = await findAgent(agentSocket);
    if (now?.hello.pid !== hello.pid) return;
    await sleep(50);
  }
  requireUnderstanding(hello);
}
