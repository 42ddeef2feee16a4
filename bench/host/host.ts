import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureAgent } from '../../packages/gonogo/src/api/autostart.ts';
import type { Client } from '../../packages/gonogo/src/api/client.ts';
import type { RolloutDetail } from '../../packages/gonogo/src/api/contract.ts';
import { loadConfig } from '../../packages/gonogo/src/config/load.ts';
import type { Values } from '../../packages/gonogo/src/domain/revision.ts';
import { packBundle } from '../../packages/gonogo/src/releases/bundle.ts';
import { makeRelease } from '../../packages/gonogo/src/releases/release.ts';
import { sendBundle } from '../../packages/gonogo/src/releases/send.ts';
import { removeTree } from '../../packages/gonogo/src/runtimes/process/view.ts';
import { identify, isAlive } from '../../packages/gonogo/src/system/process.ts';
import { type StateFolder, stateFolder } from '../../packages/gonogo/src/system/state.ts';
import type { DeployInput } from '../../packages/gonogo/src/wire/api.ts';
import { writeSite } from '../../test/e2e/support/site.ts';
import { entryOf, type Form } from './entry.ts';

/** A real agent with a tiny site to deploy, in a temporary folder of its own. */
export type Host = {
  readonly folder: string;
  readonly state: StateFolder;
  readonly project: string;
  /** The agent, started if none runs. */
  agent(): Promise<Client>;
  /** What a blue/green deploy of the site sends; a value of its own makes each a revision of its own. */
  input(environment: string, values?: Values): DeployInput;
  /** Deploys and waits for the end; fails unless it succeeded. */
  deploy(environment: string, values?: Values): Promise<RolloutDetail>;
  /** Ends everything and removes the folder. */
  close(): Promise<void>;
};

/**
 * Opens a host whose agent runs from source or as it is built; `server` is the site's program, if not
 * the usual one, and `run` what its `run:` says more.
 * Nothing is watched or kept: both are periods of the user's.
 */
export async function openHost(form: Form, server?: string, run?: string): Promise<Host> {
  // A short name: the sockets below it may have at most 107 bytes (unix(7)).
  const folder = await mkdtemp('/tmp/gb-');
  const state = stateFolder(join(folder, 's'));
  await writeSite({ folder }, run === undefined ? {} : { run });
  if (server !== undefined) await writeFile(join(folder, 'server.mjs'), server);
  const agent = (): Promise<Client> => ensureAgent(state.root, { entry: entryOf(form) });
  const { project, inputFor, upload } = await pack(folder);
  await upload(await agent());
  let deploys = 0;
  const input = (environment: string, values: Values = {}): DeployInput =>
    inputFor(environment, { ...values, DEPLOY: String(deploys++) });
  return {
    folder,
    state,
    project,
    agent,
    input,
    deploy: async (environment, values) => {
      const api = await agent();
      const detail = await ended(api, (await api.deploy(input(environment, values))).rollout);
      if (detail.ending !== 'succeeded')
        throw new Error(`${detail.id} ended ${detail.ending}: ${detail.why}`);
      return detail;
    },
    close: async () => {
      const api = await agent(); // One that was killed cannot end what it started.
      const identity = identify((await api.hello()).pid);
      await api.stop({ all: true });
      while (identity && isAlive(identity)) await sleep(20); // It writes until its end.
      await removeTree(folder);
    },
  };
}

/** Waits for a rollout's end. */
async function ended(api: Client, id: string): Promise<RolloutDetail> {
  for await (const progress of api.follow(id, AbortSignal.timeout(60_000)))
    if ('rollout' in progress && progress.rollout.ending) return progress.rollout;
  throw new Error(`${id} did not end within a minute`);
}

async function pack(folder: string) {
  const { id, services } = await loadConfig(folder);
  const [service] = services;
  const spec = service?.environments.production?.spec;
  if (!service || !spec) throw new Error('the project has no environment production');
  if (!('bundle' in service.artifact)) throw new Error('the project has no bundle');
  const bundle = await packBundle(service.artifact.bundle);
  const release = makeRelease(service.manifest, { kind: 'bundle', digest: bundle.digest });
  return {
    project: id,
    inputFor: (environment: string, values: Values): DeployInput => ({
      project: id,
      service: service.name,
      environment,
      spec: { ...spec, keep: 0, watch: { ...spec.watch, for: 0 } },
      release,
      values,
      by: 'bench',
    }),
    upload: async (api: Client): Promise<void> => {
      const lacking = await api.lackingContents(bundle.digest, bundle.index);
      await api.putArtifact(bundle.digest, sendBundle(bundle, lacking));
    },
  };
}

/** Two deploys, until nothing is under way: the second one retires a slot, which is what most rollouts do. */
export async function deployTwice(host: Host, environment: string): Promise<void> {
  for (let n = 0; n < 2; n++) {
    await host.deploy(environment);
    await atRest(await host.agent(), host.project, environment);
  }
}

/** Waits until an environment's old slot is gone. */
export async function atRest(api: Client, project: string, environment: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const [status] = await api.status({ project, environment });
    if (status?.slots.length === 1 && !status.lease) return;
    await sleep(20);
  }
  throw new Error(`${environment} did not come to rest within a minute`);
}
