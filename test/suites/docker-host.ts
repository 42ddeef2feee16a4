import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { type DockerRuntime, dockerRuntime } from '../../packages/gonogo/src/runtimes/docker/index.ts';
import { systemClock } from '../../packages/gonogo/src/system/clock.ts';
import { type ImageWish, scriptImage } from './docker-images.ts';

/** A docker runtime with an owner of its own; closing leaves no container and no image but the one with Node.js. */
export type DockerHost = {
  readonly docker: Docker;
  readonly runtime: DockerRuntime;
  readonly owner: string;
  readonly shared: string;
  readonly errors: unknown[];
  /** A further runtime for the same owner, as after a restart of the agent. */
  again(): Promise<DockerRuntime>;
  /** An image whose program is this script, by its id. */
  artifact(script: string, wish?: ImageWish): Promise<string>;
  close(): Promise<void>;
};

export type DockerHostWish = Pick<
  Parameters<typeof dockerRuntime>[0],
  'host' | 'options' | 'newId' | 'random'
>;

/** The engine that tests may use; `needs('docker')` says whether there is one. */
const testEngine = (): string => process.env.GONOGO_DOCKER_HOST ?? '';

export const clientOf = (host: string): Docker => new Docker({ socketPath: host.replace('unix://', '') });

export async function dockerHost(wish: DockerHostWish = {}): Promise<DockerHost> {
  const { host = testEngine() } = wish;
  const owner = randomBytes(8).toString('hex');
  const shared = await mkdtemp(join(tmpdir(), 'gonogo-docker-'));
  const docker = clientOf(host);
  const errors: unknown[] = [];
  const runtimes: DockerRuntime[] = [];
  const images = new Set<string>();
  const open = async (): Promise<DockerRuntime> => {
    const given = {
      owner,
      shared,
      host,
      clock: systemClock,
      onError: (error: unknown) => errors.push(error),
    };
    const runtime = await dockerRuntime({ ...given, ...wish });
    runtimes.push(runtime);
    return runtime;
  };
  return {
    docker,
    owner,
    shared,
    errors,
    runtime: await open(),
    again: open,
    artifact: async (script, wish) => {
      const id = await scriptImage(docker, script, { ...wish, owner });
      images.add(id);
      return id;
    },
    close: async () => {
      for (const each of runtimes) each.close();
      // Ours, and those that others made of our images.
      for (const label of [`gonogo.owner=${owner}`, `gonogo.test=${owner}`])
        for (const { Id } of await docker.listContainers({ all: true, filters: { label: [label] } }))
          await docker.getContainer(Id).remove({ force: true, v: true });
      for (const id of images) await removeImage(docker, id);
      await rm(shared, { recursive: true, force: true });
    },
  };
}

/** One that a test has removed is what it should be. */
async function removeImage(docker: Docker, id: string): Promise<void> {
  try {
    await docker.getImage(id).remove({ force: true });
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
}
