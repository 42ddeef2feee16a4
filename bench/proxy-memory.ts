import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProxyProcess, startProxy } from '../test/suites/proxy-process.ts';
import { type Bulk, download, spawnBulk, upload } from './proxy/bulk.ts';
import { residentMb } from './proxy/process-stat.ts';

type Figures = Record<string, number>;
type Transfer = (port: number, bytes: number) => Promise<void>;

const gigabyte = 1e9;
/** Transfers at the same time, each of this many bytes. */
const [many, size] = [8, 62_500_000];

/**
 * Resident memory of the proxy in MB: after 1 GB in either direction, after four more, and with 10,000 idle connections.
 * `--gigabytes 4`; `--connections 10000`.
 */
export async function proxyMemory(options: Readonly<Record<string, string>>): Promise<Figures> {
  const application = await spawnBulk();
  try {
    const bulk = await withProxy(application, (proxy) => throughput(proxy, Number(options.gigabytes ?? 4)));
    const idle = await withProxy(application, (proxy) =>
      idling(proxy, Number(options.connections ?? 10_000)),
    );
    return { ...bulk, ...idle };
  } finally {
    await application.close();
  }
}

async function withProxy(
  application: Bulk,
  measure: (proxy: ProxyProcess) => Promise<Figures>,
): Promise<Figures> {
  const proxy = await startProxy();
  try {
    await proxy.serve(application.port);
    return await measure(proxy);
  } finally {
    await proxy.close();
  }
}

async function throughput(proxy: ProxyProcess, gigabytes: number): Promise<Figures> {
  await move(proxy, download, 1);
  await move(proxy, upload, 1);
  const warm = residentMb(proxy.child.pid ?? 0).now;
  await move(proxy, download, gigabytes);
  const down = residentMb(proxy.child.pid ?? 0).now;
  await move(proxy, upload, gigabytes);
  const { now, peak } = residentMb(proxy.child.pid ?? 0);
  return {
    gigabytes,
    warm_mb: warm,
    down_mb: down,
    up_mb: now,
    growth_mb: tenth(Math.max(now, down) - warm),
    peak_mb: peak,
  };
}

async function move({ listen }: ProxyProcess, transfer: Transfer, gigabytes: number): Promise<void> {
  let left = Math.ceil((gigabytes * gigabyte) / size);
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await transfer(listen.port, size);
    }
  };
  await Promise.all(Array.from({ length: many }, work));
}

/** Each connection was answered once before it became idle. */
async function idling({ listen, child }: ProxyProcess, connections: number): Promise<Figures> {
  const before = residentMb(child.pid ?? 0).now;
  const sockets: net.Socket[] = [];
  try {
    while (sockets.length < connections) {
      const batch = Array.from({ length: Math.min(100, connections - sockets.length) }, (_, i) =>
        ask(listen.port, `127.0.2.${i + 1}`),
      );
      sockets.push(...(await Promise.all(batch)));
    }
    await sleep(2_000);
    const open = sockets.filter((socket) => socket.readable && !socket.destroyed).length;
    if (open !== connections) throw new Error(`only ${open} of ${connections} connections are open`);
    return { idle_connections: open, fresh_mb: before, idle_mb: residentMb(child.pid ?? 0).now };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** From an address of its own, because connections are limited by address. */
async function ask(port: number, localAddress: string): Promise<net.Socket> {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress });
  socket.write('GET /2 HTTP/1.1\r\nHost: shop\r\n\r\n');
  await once(socket, 'data');
  socket.on('error', () => socket.destroy());
  return socket.on('data', () => undefined);
}

const tenth = (value: number): number => Math.round(value * 10) / 10;
