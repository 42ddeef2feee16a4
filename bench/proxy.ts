import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../test/suites/program.ts';
import { load } from './proxy/load.ts';
import { type Peer, peers } from './proxy/peers.ts';
import { cpuSeconds } from './proxy/process-stat.ts';
import { startApplication } from './proxy/upstream.ts';

type Runner = { readonly name: string; readonly program: Program };
type Settings = { readonly path: string; readonly rounds: number; readonly seconds: number };
type Figures = Record<string, number | Record<string, number>>;

/**
 * CPU time of the proxy for each request, beside HAProxy, nginx, Caddy and kamal-proxy, in microseconds: small answers, then 64 KB.
 * They stand before the same application and take turns under the same load, `--rounds` (5) times `--seconds` (3); the
 * middle round counts. `--only gonogo,haproxy` leaves the others out. A peer that is not installed is left out; kamal-proxy is, by
 * `go`, into a temporary folder, and left out where it cannot be had.
 */
export async function proxy(options: Readonly<Record<string, string>>): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-bench-'));
  const application = await startApplication(folder);
  const settings = { rounds: Number(options.rounds ?? 5), seconds: Number(options.seconds ?? 3) };
  const runners: Runner[] = [];
  try {
    for (const name of options.only?.split(',') ?? Object.keys(peers)) {
      const own = join(folder, name);
      await mkdir(own);
      const peer = await present(name, own);
      if (peer) runners.push({ name, program: await peer.start(own, application.port) });
    }
    const small = await measure(runners, { ...settings, path: '/' });
    const large = await measure(runners, { ...settings, path: '/large' });
    return { ...figures(small, ''), ...figures(large, '_64k') };
  } finally {
    await Promise.all(runners.map(({ program }) => program.close()));
    await application.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A peer that can stand here; says which it is, or why it cannot. */
async function present(name: string, folder: string): Promise<Peer | undefined> {
  const peer = peers[name];
  if (!peer) throw new Error(`there is no peer "${name}": ${Object.keys(peers).join(', ')}`);
  const found = await peer.found(folder);
  console.error(`${name}: ${'version' in found ? `${found.version} (${peer.does})` : found.missing}`);
  return 'version' in found ? peer : undefined;
}

/** Microseconds a request, by system. The first round, in which programs warm up, does not count. */
async function measure(
  runners: readonly Runner[],
  { rounds, ...settings }: Settings,
): Promise<Map<string, number>> {
  const times = new Map(runners.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, program } of runners) {
      const before = cpuSeconds(program.pid);
      const requests = await load({ ...settings, port: program.port });
      const each = ((cpuSeconds(program.pid) - before) * 1e6) / requests;
      console.error(`${settings.path} round ${round}: ${name} ${each.toFixed(2)} µs, ${requests} requests`);
      if (round > 0) times.get(name)?.push(each);
    }
  }
  return new Map([...times].map(([name, all]) => [name, median(all)]));
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function figures(times: ReadonlyMap<string, number>, suffix: string): Figures {
  const ours = times.get('gonogo') ?? Number.NaN;
  const others = [...times].filter(([name]) => name !== 'gonogo');
  const round = (value: number): number => Math.round(value * 100) / 100;
  const each = [...times].map(([name, value]) => [name, round(value)] as const);
  const ratios = others.map(([name, value]) => [`ratio_${name}${suffix}`, round(ours / value)] as const);
  return { [`us_per_request${suffix}`]: Object.fromEntries(each), ...Object.fromEntries(ratios) };
}
