import { setTimeout as sleep } from 'node:timers/promises';
import { ensureAgent } from '../../packages/gonogo/src/api/autostart.ts';
import type { Client } from '../../packages/gonogo/src/api/client.ts';
import type { EnvironmentStatus, RolloutDetail } from '../../packages/gonogo/src/api/contract.ts';
import { loadConfig } from '../../packages/gonogo/src/config/load.ts';
import { packBundle } from '../../packages/gonogo/src/releases/bundle.ts';
import { makeRelease } from '../../packages/gonogo/src/releases/release.ts';
import { sendBundle } from '../../packages/gonogo/src/releases/send.ts';
import { type StrictSummary, startStrictClient } from '../../packages/gonogo/src/system/strict-client.ts';
import type { DeployInput } from '../../packages/gonogo/src/wire/api.ts';

export type CrashOptions = {
  /** A project folder with a `gonogo.yaml` whose environment `production` is deployed. */
  readonly project: string;
  readonly stateRoot: string;
  readonly deploys: number;
  /** 0 ≤ x < 1: the instants of the kills come from it. */
  readonly random: () => number;
  readonly say: (line: string) => void;
};

export type CrashReport = {
  readonly deploys: number;
  readonly endings: Readonly<Record<string, number>>;
  /** The slowest way from a kill to the next agent's answer, milliseconds. */
  readonly slowestRestart: number;
  readonly traffic: StrictSummary;
  readonly status: EnvironmentStatus;
};

/** How long a rollout takes about, in milliseconds: kills are spread over it. */
const typical = 2_500;

/** How long a rollout may take to end after the agent has come back. */
const patience = 60_000;

/** Deploys again and again under users' requests, and kills the agent with SIGKILL at a random instant of each. */
export async function crashAgain(options: CrashOptions): Promise<CrashReport> {
  const { input, upload } = await prepare(options.project);
  const begin = async (release: number): Promise<{ agent: Client; rollout: string }> => {
    const agent = await ensureAgent(options.stateRoot);
    await upload(agent);
    return { agent, ...(await agent.deploy({ ...input, values: { RELEASE: String(release) } })) };
  };
  const first = await begin(0);
  const { front } = await ended(first.agent, first.rollout);
  if (!front) throw new Error('the first deploy has no front');
  const users = startStrictClient({ ...front, connections: 4, rate: 200 });
  const endings: Record<string, number> = {};
  let slowestRestart = 0;
  for (let n = 1; n <= options.deploys; n++) {
    const { agent, rollout } = await begin(n);
    await sleep(options.random() * typical);
    const restart = await killAndReturn(agent, options.stateRoot);
    slowestRestart = Math.max(slowestRestart, restart.ms);
    const { ending = 'none', why } = await ended(restart.agent, rollout);
    endings[ending] = (endings[ending] ?? 0) + 1;
    const sum = users.counts();
    options.say(
      `${n}: ${ending}${why ? ` (${why})` : ''}, agent back in ${Math.round(restart.ms)} ms, ${sum.failed} of ${sum.requests} lost`,
    );
  }
  const traffic = await users.stop();
  const [status] = await (await ensureAgent(options.stateRoot)).status({});
  if (!status) throw new Error('the agent knows no environment');
  return { deploys: options.deploys, endings, slowestRestart, traffic, status };
}

async function killAndReturn(agent: Client, stateRoot: string): Promise<{ agent: Client; ms: number }> {
  const { pid } = await agent.hello();
  process.kill(pid, 'SIGKILL');
  const began = performance.now();
  return { agent: await ensureAgent(stateRoot), ms: performance.now() - began };
}

async function ended(agent: Client, id: string): Promise<RolloutDetail> {
  const deadline = performance.now() + patience;
  for (;;) {
    const rollout = await agent.rollout({ id });
    if (rollout.ending !== undefined) return rollout;
    if (performance.now() > deadline) throw new Error(`${id} did not end within ${patience / 1000} s`);
    await sleep(50);
  }
}

/** What is sent for every deploy: one artifact, and a variable that makes each a revision of its own. */
async function prepare(project: string): Promise<{
  input: Omit<DeployInput, 'values'>;
  upload: (to: Client) => Promise<void>;
}> {
  const { id, services } = await loadConfig(project);
  const [service] = services;
  const environment = service?.environments.production;
  if (!service || !environment) throw new Error('the project has no environment production');
  if (!('bundle' in service.artifact)) throw new Error('the project has no bundle');
  const bundle = await packBundle(service.artifact.bundle);
  const { digest } = bundle;
  const input = {
    project: id,
    service: service.name,
    environment: 'production',
    spec: environment.spec,
    release: makeRelease(service.manifest, { kind: 'bundle', digest }),
    by: 'soak',
  };
  const upload = async (to: Client): Promise<void> => {
    if (await to.hasArtifact(digest)) return;
    await to.putArtifact(digest, sendBundle(bundle, await to.lackingContents(digest, bundle.index)));
  };
  return { input, upload };
}
