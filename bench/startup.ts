import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, gonogo, type Place, runOrFail } from './built.ts';

const config = 'service: bench\nchecks:\n  - get: /\n    expect: { status: 200 }\n';

/**
 * How long the built CLI takes, as a multiple of `node -e 0`: for --version and for check with one HTTP check.
 * The three take turns in every round, so that a noisy machine treats them alike. `--rounds` (20).
 */
export async function startup(options: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  await build();
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-bench-'));
  const server = await listen();
  try {
    await writeFile(join(folder, 'gonogo.yaml'), config);
    return await measure(folder, portOf(server), Number(options.rounds ?? 20));
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
}

async function measure(folder: string, port: number, rounds: number): Promise<Record<string, number>> {
  const node = process.execPath;
  const commands = {
    node: [node, '-e', '0'],
    version: [node, gonogo, '--version'],
    check: [node, gonogo, 'check', '--url', `http://127.0.0.1:${port}`],
  };
  // Everything the commands keep, the compile cache included, is in the folder: the first round fills it.
  const place = { cwd: folder, env: { HOME: folder, PATH: process.env.PATH ?? '' } };
  const times = { node: [] as number[], version: [] as number[], check: [] as number[] };
  for (let round = 0; round <= rounds; round++)
    for (const name of ['node', 'version', 'check'] as const) {
      const ms = await time(commands[name], place);
      if (round > 0) times[name].push(ms);
    }
  return figuresOf(median(times.node), median(times.version), median(times.check));
}

const figuresOf = (node: number, version: number, check: number): Record<string, number> => ({
  node_ms: round1(node),
  version_ms: round1(version),
  check_ms: round1(check),
  version_ratio: round1(version / node, 2),
  check_ratio: round1(check / node, 2),
});

async function time(argv: readonly string[], place: Place): Promise<number> {
  const started = performance.now();
  await runOrFail(argv, place);
  return performance.now() - started;
}

async function listen(): Promise<Server> {
  const server = createServer((_request, response) => response.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const round1 = (value: number, digits = 1): number => Number(value.toFixed(digits));

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
