import assert from 'node:assert/strict';
import net from 'node:net';
import type { PoolId } from '../../packages/gonogo/src/domain/slot.ts';
import type { ObservedInstance, PoolSpec, Runtime } from '../../packages/gonogo/src/ports/runtime.ts';
import { eventually } from './eventually.ts';

/** Answers its environment and pid on its port; prints; `/exit` ends it with code 7. */
export const server = `
const http = require('node:http');
console.log('listening soon on ' + process.env.PORT);
http.createServer((request, response) => {
  if (request.url === '/exit') { console.log('asked to exit'); process.exit(7); }
  response.end(JSON.stringify({ pid: process.pid, env: process.env, cwd: process.cwd() }));
}).listen(Number(process.env.PORT), process.env.HOST);
`;

export const target = { project: 'acme', service: 'shop', environment: 'production', host: 'local' };
export const webPool: PoolId = { target, slot: 'blue', role: 'web' };

export type SpecWish = Partial<Omit<PoolSpec, 'manifest'>> & {
  readonly run?: Partial<PoolSpec['manifest']['run']>;
};

/** A pool specification with everything filled in but where the artifact lies. */
export function specOf(artifact: string, wish: SpecWish = {}): PoolSpec {
  const { run, ...rest } = wish;
  const probe = { every: 1000, timeout: 1000, failures: 3, successes: 1 };
  return {
    pool: webPool,
    revision: '9f3c2a1.0badcafe',
    releaseDigest: `sha256:${'9f3c2a1'.padEnd(64, '0')}`,
    count: 1,
    address: '127.0.0.1',
    artifact,
    values: {},
    ...rest,
    manifest: {
      service: 'shop',
      run: { command: ['node', 'server.js'], replicas: 1, grace: 5000, shared: [], ...run },
      contract: { env: {}, reach: [] },
      health: { startup: { get: 'tcp', ...probe }, ready: { get: 'tcp', ...probe } },
      checks: [],
    },
  };
}

export const never = (): AbortSignal => new AbortController().signal;

export const listens = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, host);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

export type Said = { readonly pid: number; readonly env: Record<string, string>; readonly cwd: string };

/** What the `server` fixture says of itself, once it answers. */
export const ask = (instance: { host: string; port: number }, path = '/'): Promise<Said> =>
  eventually(`an answer of ${instance.host}:${instance.port}`, async () => {
    try {
      return (await (await fetch(`http://${instance.host}:${instance.port}${path}`)).json()) as Said;
    } catch {
      return undefined; // It does not listen yet.
    }
  });

export async function instancesOf(runtime: Runtime, pool: PoolId = webPool): Promise<ObservedInstance[]> {
  const pools = await runtime.observe(pool.target);
  return pools
    .filter((seen) => seen.pool.slot === pool.slot && seen.pool.role === pool.role)
    .flatMap((seen) => seen.instances);
}

export async function theOne(runtime: Runtime, pool: PoolId = webPool): Promise<ObservedInstance> {
  const [first, ...rest] = await instancesOf(runtime, pool);
  assert.ok(first && rest.length === 0, 'exactly one instance');
  return first;
}
