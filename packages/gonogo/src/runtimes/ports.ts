import { readFileSync } from 'node:fs';
import net from 'node:net';
import { messageOf, problem } from '../errors.ts';
import { isErrno } from '../system/files.ts';

/**
 * Ports from here up to the kernel's ephemeral range are chosen: no outgoing connection ever takes one of them, and below
 * lie those of fronts, which are chosen long before they are bound.
 */
const lowest = 26_000;

export type PortWish = {
  readonly host: string;
  readonly count: number;
  /** Assigned to other instances, whether or not they listen yet. */
  readonly taken: ReadonlySet<number>;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
};

/**
 * Free ports on an address. An instance binds its port only after it was started, so a port that an instance has been
 * told counts as taken for as long as the instance exists. Fails with LISTEN_FAILED for an address that is not ours.
 */
export async function freePorts(wish: PortWish): Promise<number[]> {
  const chosen = new Set<number>();
  const range = ephemeralStart() - lowest;
  const offset = Math.floor(wish.random() * range);
  for (let step = 0; step < range && chosen.size < wish.count; step++) {
    const port = lowest + ((offset + step) % range);
    if (!wish.taken.has(port) && (await isFree(wish.host, port))) chosen.add(port);
  }
  if (chosen.size < wish.count) throw failed(wish.host, 'every port there is taken');
  return [...chosen];
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
    await new Promise<void>((resolve) => server.close(() => resolve()));
    return true;
  } catch (error) {
    if (isErrno(error, 'EADDRINUSE') || isErrno(error, 'EACCES')) return false;
    throw failed(host, messageOf(error), error);
  }
}

const failed = (host: string, why: string, cause?: unknown): Error =>
  problem('LISTEN_FAILED', { host, port: 0, why }, cause);

/** Where the kernel's own choices begin, ip(7); a host that was given a lower start keeps at least 6,000 for us. */
function ephemeralStart(): number {
  const [start] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/);
  return Math.max(Number(start), lowest + 6_000);
}
