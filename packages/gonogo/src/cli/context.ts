import { hostname, userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Client } from '../api/client.ts';
import type { Environment, Project, Service } from '../config/project.ts';
import { problem } from '../errors.ts';
import { installation, isInstalled } from '../system/installation.ts';
import { defaultStateRoot } from '../system/state.ts';

/** The state folder that `--state`, `GONOGO_STATE` or the user's home names. */
export const stateRoot = (): string => resolve(defaultStateRoot(process.env));

/** The agent of the state folder, started if it is not running and nobody else does that. */
export async function openAgent(): Promise<Client> {
  const root = stateRoot();
  if (isStartedBySystemd(root)) return await (await import('../api/installed.ts')).installedAgent(root);
  const { ensureAgent } = await import('../api/autostart.ts');
  return await ensureAgent(root);
}

/** Whether the agent of this state folder is the one that is installed on this machine. */
export const isStartedBySystemd = (root: string): boolean => root === installation.root && isInstalled();

/** Who asks, for the history: `ada@laptop`. */
export const whoAsks = (): string => `${userInfo().username}@${hostname()}`.slice(0, 200);

export type Place = {
  readonly project: Project;
  readonly service: Service;
  readonly environment: Environment;
  readonly name: string;
};

/** The service of the project's configuration; fails with CONFIG_…. */
export async function findService(config: string): Promise<{ project: Project; service: Service }> {
  const { loadConfig } = await import('../config/load.ts');
  const project = await loadConfig(config);
  const [service] = project.services;
  if (!service) throw problem('INTERNAL', { what: `${project.file} was read without a service` });
  return { project, service };
}

/** An environment of the project's configuration; fails with CONFIG_… or ENVIRONMENT_UNKNOWN. */
export async function findPlace(config: string, name: string): Promise<Place> {
  const { project, service } = await findService(config);
  const { environments } = service;
  const environment = Object.hasOwn(environments, name) ? environments[name] : undefined;
  if (!environment) throw problem('ENVIRONMENT_UNKNOWN', { name, known: Object.keys(environments) });
  return { project, service, environment, name };
}
