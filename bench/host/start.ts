import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { connectApi } from '../../packages/gonogo/src/api/client.ts';
import { agentEnvironment, agentFlags } from '../../packages/gonogo/src/api/launch.ts';
import { immutableCopy } from '../../packages/gonogo/src/system/code-copy.ts';
import type { StateFolder } from '../../packages/gonogo/src/system/state.ts';
import { entryOf, type Form } from './entry.ts';

/** Kills the agent; answers when it is gone. What it started runs on. */
export async function killAgent(state: StateFolder): Promise<void> {
  const api = connectApi(state.agentSocket);
  process.kill((await api.hello()).pid, 'SIGKILL');
  for (;;) {
    try {
      await api.hello();
    } catch {
      return; // Nobody answers any more.
    }
  }
}

/**
 * Starts the agent as a command does, and answers how long it took: from the spawn of its process to its first answer
 * of the API, in milliseconds.
 */
export async function startAgent(state: StateFolder, form: Form): Promise<number> {
  const program = await immutableCopy(entryOf(form), state.root);
  const log = openSync(state.agentLog, 'a', 0o600);
  const begun = performance.now();
  const child = spawn(program.node, [...agentFlags, program.entry, state.root], {
    cwd: '/',
    env: { ...agentEnvironment(process.env, program.entry), GONOGO_READY_FD: '3' },
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  child.unref();
  const said = await text(child.stdio[3] as Readable);
  if (!said.includes('ready')) throw new Error(`the agent did not start: ${said}`);
  await connectApi(state.agentSocket).hello();
  return performance.now() - begun;
}

/** How long Node.js itself takes to start, with the agent's flags, and to end; milliseconds. */
export async function startNode(): Promise<number> {
  const begun = performance.now();
  const child = spawn(process.execPath, [...agentFlags, '-e', '0'], { cwd: '/', env: {}, stdio: 'ignore' });
  await once(child, 'exit');
  return performance.now() - begun;
}
