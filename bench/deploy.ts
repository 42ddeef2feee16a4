import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { ensureAgent } from '../packages/gonogo/src/api/autostart.ts';
import type { Client } from '../packages/gonogo/src/api/client.ts';
import type { Manifest } from '../packages/gonogo/src/domain/release.ts';
import { makeRelease } from '../packages/gonogo/src/releases/release.ts';
import { removeTree } from '../packages/gonogo/src/runtimes/process/view.ts';
import { writeFileAtomic } from '../packages/gonogo/src/system/files.ts';
import type { DeployInput } from '../packages/gonogo/src/wire/api.ts';
import { freeAddress } from '../test/suites/addresses.ts';
import { clientOf } from '../test/suites/docker-host.ts';
import { scriptImage } from '../test/suites/docker-images.ts';
import { build, runOrFail } from './built.ts';
import { entryOf } from './host/entry.ts';
import { median, rounded } from './host/figures.ts';

const program = `
const server = require('node:http').createServer((_, response) => response.end('hello'));
server.listen(8080, '0.0.0.0');
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

/** The engine that is measured on, and an image that is trivial and obeys SIGTERM. */
type Ground = { readonly docker: Docker; readonly host: string; readonly image: string };

/**
 * A blue/green deploy of a trivial image, from asking the agent to the verdict, beside the script that it replaces: docker
 * run -d, poll until it answers, move the traffic by renaming a file, docker rm -f the old one. In turns; milliseconds,
 * medians of `--rounds` (15); watch and keep are 0, and one success makes ready. Needs root and DOCKER_HOST, or the
 * usual socket.
 */
export async function deploy(
  options: Readonly<Record<string, string>> = {},
): Promise<Record<string, number>> {
  await build();
  const host = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  const docker = clientOf(host);
  const ground = { docker, host, image: await scriptImage(docker, program, { owner: 'bench' }) };
  const folder = await mkdtemp('/tmp/gb-');
  const agent = await ensureAgent(join(folder, 's'), { entry: entryOf('built') });
  const script = await startScript(ground, folder);
  try {
    const took = { deploy: [] as number[], script: [] as number[] };
    // The first of each finds no old one to take away.
    for (let round = 0; round <= Number(options.rounds ?? 15); round++) {
      const times = {
        deploy: await timed(() => deployOnce(agent, ground, round)),
        script: await timed(script.run),
      };
      await sleep(1000); // What serves no more is taken away after the verdict: not in the script's time.
      if (round === 0) continue;
      took.deploy.push(times.deploy);
      took.script.push(times.script);
    }
    const [deployMs, scriptMs] = [median(took.deploy), median(took.script)];
    return {
      deploy_ms: rounded(deployMs),
      script_ms: rounded(scriptMs),
      overhead_ms: rounded(deployMs - scriptMs),
      deploy_ms_max: rounded(Math.max(...took.deploy)),
      script_ms_max: rounded(Math.max(...took.script)),
    };
  } finally {
    await script.end();
    await agent.stop({ all: true });
    await docker.getImage(ground.image).remove({ force: true });
    await removeTree(folder);
  }
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await task();
  return performance.now() - began;
}

const probe = { get: '/', every: 1000, timeout: 1000, failures: 60, successes: 1 };
const manifest: Manifest = {
  service: 'site',
  run: { command: [], port: 8080, replicas: 1, grace: 5000, shared: [] },
  contract: { env: {}, reach: [] },
  health: { startup: probe, ready: probe },
  checks: [],
};

async function deployOnce(agent: Client, { image }: Ground, round: number): Promise<void> {
  const input: DeployInput = {
    project: 'bench',
    service: 'site',
    environment: 'production',
    spec: {
      strategy: 'blue-green',
      watch: { for: 0, errors: 1, p99: 100, minRequests: 1 },
      keep: 0,
      address: '127.0.0.1',
    },
    release: makeRelease(manifest, { kind: 'image', digest: image }),
    values: { ROUND: String(round) },
    by: 'bench',
  };
  const { rollout } = await agent.deploy(input);
  for await (const progress of agent.follow(rollout, AbortSignal.timeout(60_000)))
    if ('rollout' in progress && progress.rollout.ending) {
      if (progress.rollout.ending === 'succeeded') return;
      throw new Error(`${rollout} ended ${progress.rollout.ending}: ${progress.rollout.why}`);
    }
}

/** The script, each call with a new container beside the one of the call before. */
async function startScript({ host, image }: Ground, folder: string) {
  let old: string | undefined;
  const docker = async (...args: string[]): Promise<string> => {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', DOCKER_HOST: host };
    return (await runOrFail(['docker', ...args], { cwd: '/', env })).stdout.trim();
  };
  const remove = async (): Promise<void> => {
    if (old !== undefined) await docker('rm', '-f', old);
  };
  return {
    run: async (): Promise<void> => {
      const { port } = await freeAddress();
      const container = await docker('run', '-d', '-p', `127.0.0.1:${port}:8080`, image);
      while (!(await answers(port))) await sleep(20);
      await writeFileAtomic(join(folder, 'upstream'), String(port));
      await remove();
      old = container;
    },
    end: remove,
  };
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/`)).ok;
  } catch {
    return false; // It does not listen yet.
  }
}
