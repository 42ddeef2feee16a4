import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build, gonogo, type Place, runOrFail } from './built.ts';

const shop = join(import.meta.dirname, '..', 'examples', 'shop');

/** The shop without a database: it keeps its orders in memory, so that the bench needs nothing installed. */
const config = `service: shop
artifact:
  bundle: { from: ., include: [server.js, lib, database, package.json] }
run: { command: [node, server.js], replicas: 2 }
health:
  live: { get: /healthz, every: 10s }
  ready: { get: /readyz, every: 1s }
checks:
  - get: /api/v1/status
environments:
  production: { strategy: blue-green, watch: { for: 2s } }
`;

type AgentStatus = {
  readonly agent: { readonly pid: number };
  readonly proxies: readonly { readonly pid: number }[];
};

/** Resident memory of the agent and of its proxy, in MB, idle with the shop live. `--settle` seconds first (15). */
export async function memory(options: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  await build();
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-bench-'));
  const place = { cwd: join(folder, 'shop'), env: environment(folder) };
  try {
    await cp(shop, place.cwd, { recursive: true, filter: (path) => basename(path) !== 'node_modules' });
    await writeFile(join(place.cwd, 'gonogo.yaml'), config);
    await run(['deploy', 'production', '--format', 'json'], place);
    await sleep(Number(options.settle ?? 15) * 1000);
    return await figures(place);
  } finally {
    await run(['agent', 'stop', '--all'], place);
    await rm(folder, { recursive: true });
  }
}

const environment = (folder: string): Record<string, string> => ({
  HOME: folder,
  PATH: process.env.PATH ?? '',
  GONOGO_STATE: join(folder, 'state'),
});

const run = async (args: readonly string[], place: Place): Promise<string> =>
  (await runOrFail([process.execPath, gonogo, ...args], place)).stdout;

async function figures(place: Place): Promise<Record<string, number>> {
  const { agent, proxies } = JSON.parse(
    await run(['agent', 'status', '--format', 'json'], place),
  ) as AgentStatus;
  const proxy = await Promise.all(proxies.map(({ pid }) => residentMegabytes(pid)));
  return { agent_mb: await residentMegabytes(agent.pid), proxy_mb: Math.max(...proxy) };
}

/** VmRSS as the kernel counts it: proc_pid_status(5), there in KiB. */
async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return Math.round((Number(kib) * 1024) / 1e5) / 10;
}
