import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectApi } from '../../api/client.ts';
import { stateFolder } from '../../system/state.ts';
import { type Database, startDatabase } from './database.ts';
import { endProcesses, processesOf } from './leftovers.ts';
import { addresses, makeProject, type Project } from './project.ts';

/** Everything the demo plays on, in one temporary folder: the project, gonogo's state, and three databases. */
export type Stage = {
  readonly root: string;
  readonly state: string;
  readonly project: Project;
  /** Stops all and removes the folder. Answers the commands of processes that did not stop by themselves. */
  close(): Promise<string[]>;
};

/** How long everything may take to stop before it is ended by force, in milliseconds. */
const patience = 30_000;

export async function setStage(): Promise<Stage> {
  const databases = await openDatabases();
  const { staging, production, ledger } = databases;
  try {
    // A short name: the sockets below it may have at most 107 bytes (unix(7)).
    const root = await mkdtemp(join(tmpdir(), 'gng-'));
    const state = join(root, 's');
    const urls = { staging: staging.url, production: production.url, ledger: ledger.url };
    return {
      root,
      state,
      project: makeProject(join(root, 'shop'), urls),
      close: async () => {
        const stayed = await stopAll(root, state);
        await closeDatabases(databases);
        await rm(root, { recursive: true, force: true, maxRetries: 5 });
        return stayed;
      },
    };
  } catch (error) {
    await closeDatabases(databases);
    throw error;
  }
}

/** Each behind an allow-list. The forgotten firewall rule: production's address was never added to the ledger's. */
const openDatabases = async () => ({
  staging: await startDatabase([addresses.staging]),
  production: await startDatabase([addresses.production]),
  ledger: await startDatabase([addresses.staging]),
});

const closeDatabases = async (databases: Readonly<Record<string, Database>>): Promise<void> => {
  await Promise.all(Object.values(databases).map((database) => database.close()));
};

/** Stops the agent with everything it started; what does not stop is ended by force and answered. */
async function stopAll(root: string, state: string): Promise<string[]> {
  const wait = (await stopAgent(state)) ? patience : 0;
  const deadline = performance.now() + wait;
  let left = await processesOf(root);
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(50);
    left = await processesOf(root);
  }
  const stayed = left.map(({ command }) => command);
  // One that is killed may be started again by one that is killed next.
  while (left.length > 0) {
    endProcesses(left);
    await sleep(50);
    left = await processesOf(root);
  }
  return stayed;
}

/** False when there is no agent to ask, or none that does as it is told: then nothing will stop by itself. */
async function stopAgent(state: string): Promise<boolean> {
  try {
    await connectApi(stateFolder(state).agentSocket).stop({ all: true });
    return true;
  } catch {
    return false; // What it left is ended by force, and told to whoever runs the demo.
  }
}
