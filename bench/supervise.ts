import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentStatus, Processes } from '../packages/gonogo/src/api/contract.ts';
import { removeTree } from '../packages/gonogo/src/runtimes/process/view.ts';
import { build, gonogo, type Place, runOrFail } from './built.ts';
import { rounded } from './host/figures.ts';
import { ownCpuSeconds, residentMb } from './proxy/process-stat.ts';

const server = `
require('node:http').createServer((_, response) => response.end('{"status":"pass"}\\n'))
  .listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

const config = (instances: number): string => `service: shop
artifact: { bundle: { from: ., include: [server.js] } }
run: { command: [node, --max-semi-space-size=1, server.js], replicas: ${instances} }
health:
  startup: { get: /startupz, every: 1s, failures: 600 }
  live: { get: /healthz, every: 2s, timeout: 1s }
  ready: { get: /readyz, every: 2s, timeout: 1s }
environments:
  production: { strategy: blue-green, watch: { for: 1s } }
`;

/**
 * What it costs the agent to look after `--instances` (100), each asked readiness and liveness every 2 s: CPU time of the
 * built agent, all threads, as a share of one core over `--seconds` (60), and its resident memory then; beside it the
 * keeper, and how many instances were ready at the end.
 */
export async function supervise(options: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  const [instances, seconds] = [Number(options.instances ?? 100), Number(options.seconds ?? 60)];
  await build();
  // A short name: the sockets below it may have at most 107 bytes (unix(7)).
  const folder = await mkdtemp('/tmp/gb-');
  const place = { cwd: join(folder, 'shop'), env: environment(folder) };
  try {
    await mkdir(place.cwd);
    await writeFile(join(place.cwd, 'server.js'), server);
    await writeFile(join(place.cwd, 'gonogo.yaml'), config(instances));
    await run(['deploy', 'production', '--format', 'json'], place);
    await untilReady(place, instances);
    return await measure(place, seconds);
  } finally {
    await run(['agent', 'stop', '--all'], place);
    await removeTree(folder);
  }
}

const environment = (folder: string): Record<string, string> => ({
  HOME: folder,
  PATH: process.env.PATH ?? '',
  GONOGO_STATE: join(folder, 's'),
});

const run = async (args: readonly string[], place: Place): Promise<string> =>
  (await runOrFail([process.execPath, gonogo, ...args], place)).stdout;

async function measure(place: Place, seconds: number): Promise<Record<string, number>> {
  const { agent } = JSON.parse(await run(['agent', 'status', '--format', 'json'], place)) as Processes;
  const began = performance.now();
  const before = ownCpuSeconds(agent.pid);
  await sleep(seconds * 1000);
  const spent = ownCpuSeconds(agent.pid) - before;
  const took = (performance.now() - began) / 1000;
  const { now, peak } = residentMb(agent.pid);
  return {
    ready: (await readyIn(place)).length,
    agent_cpu_percent: rounded((spent / took) * 100),
    agent_mb: now,
    agent_peak_mb: peak,
  };
}

async function untilReady(place: Place, instances: number): Promise<void> {
  const deadline = performance.now() + 120_000;
  while ((await readyIn(place)).length < instances) {
    if (performance.now() > deadline) throw new Error('not every instance was ready within two minutes');
    await sleep(500);
  }
}

async function readyIn(place: Place) {
  const [status] = JSON.parse(await run(['status', '--format', 'json'], place)) as EnvironmentStatus[];
  return (status?.slots ?? []).flatMap((slot) =>
    slot.instances.filter(({ condition }) => condition === 'ready'),
  );
}
