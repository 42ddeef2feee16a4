import { homedir } from 'node:os';
import { join } from 'node:path';
import { installation, isInstalled } from './installation.ts';

/** Where everything lies that outlives a process. Socket paths are limited to 107 bytes (unix(7)). */
export type StateFolder = {
  readonly root: string;
  readonly agentSocket: string;
  readonly keeperSocket: string;
  /** Held through the kernel by the one keeper of this folder. */
  readonly keeperLock: string;
  readonly lock: string;
  readonly journal: string;
  readonly telemetry: string;
  readonly agentLog: string;
  readonly keeperLog: string;
  /** Unpacked artifacts by digest. */
  readonly releases: string;
  /** Secret values, mode 0700. */
  readonly vault: string;
  /** What each proxy serves, and its control socket. */
  readonly proxies: string;
  /** Instances: output and what is needed to find them again. */
  readonly instances: string;
  /** Which environments run as containers, and by which name these are ours. */
  readonly containers: string;
  /** Folders that outlive releases. */
  readonly shared: string;
};

/** The layout under a root folder. */
export function stateFolder(root: string): StateFolder {
  return {
    root,
    agentSocket: join(root, 'agent.sock'),
    keeperSocket: join(root, 'keeper.sock'),
    keeperLock: join(root, 'keeper.lock'),
    lock: join(root, 'lock.db'),
    journal: join(root, 'journal.db'),
    telemetry: join(root, 'telemetry.db'),
    agentLog: join(root, 'agent.log'),
    keeperLog: join(root, 'keeper.log'),
    releases: join(root, 'releases'),
    vault: join(root, 'vault'),
    proxies: join(root, 'proxies'),
    instances: join(root, 'instances'),
    containers: join(root, 'containers'),
    shared: join(root, 'shared'),
  };
}

/**
 * The state folder's root: `GONOGO_STATE`, else that of the agent that is installed on this machine, else
 * `$XDG_STATE_HOME/gonogo`, else `~/.local/state/gonogo`.
 */
export function defaultStateRoot(env: NodeJS.ProcessEnv, installed: boolean = isInstalled()): string {
  if (env.GONOGO_STATE) return env.GONOGO_STATE;
  if (installed) return installation.root;
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'gonogo');
}
