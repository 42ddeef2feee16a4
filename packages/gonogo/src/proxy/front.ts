import net from 'node:net';
import { Client } from './client.ts';
import { plainAddress } from './forwarded.ts';
import type { Routes } from './routes.ts';
import type { Serving } from './serving.ts';
import type { Settings } from './settings.ts';

export type Front = {
  readonly listen: { host: string; port: number }[];
  /** Client connections now. */
  connections(): number;
  /**
   * Soft drain: closes only the listening handles and resolves when no connection is left, or at the deadline, when
   * what is left is cut. Idle connections stay, since a request may already be on its way into them.
   */
  retire(deadline: number): Promise<void>;
};

export type FrontOptions = {
  readonly routes: Routes;
  readonly secret: string;
  readonly settings: Settings;
};

/** Serves users on sockets that were bound by the keeper and are passed in as descriptors. */
export async function startFront(options: FrontOptions, descriptors: readonly number[]): Promise<Front> {
  const { routes, secret, settings } = options;
  const { limits, trusts } = settings;
  const clock = { now: performance.now() };
  const door = new Door({ routes, secret, limits, trusts, clock, log: () => settings.log });
  const servers = await Promise.all(descriptors.map((fd) => listen(door, fd)));
  const sweep = setInterval(() => {
    clock.now = performance.now();
    door.tick(clock.now);
  }, limits.sweep);
  return {
    listen: servers.map(addressOf),
    connections: () => door.size,
    retire: async (deadline) => {
      routes.retire();
      for (const server of servers) server.close();
      await door.empty(deadline);
      clearInterval(sweep);
    },
  };
}

/** All connections of clients. */
class Door {
  readonly #serving: Serving;
  readonly #clients = new Set<Client>();
  readonly #byAddress = new Map<string, number>();
  #onEmpty: (() => void) | undefined;

  constructor(serving: Serving) {
    this.#serving = serving;
  }

  get size(): number {
    return this.#clients.size;
  }

  enter(socket: net.Socket): void {
    const { limits } = this.#serving;
    const address = socket.remoteAddress;
    const count = address === undefined ? 0 : (this.#byAddress.get(address) ?? 0);
    const crowded = limits.connectionsPerAddress > 0 && count >= limits.connectionsPerAddress;
    if (
      address === undefined ||
      this.#clients.size >= limits.connections ||
      (crowded && !this.#mayCrowd(address))
    ) {
      socket.on('error', ignore).destroy();
      return;
    }
    this.#byAddress.set(address, count + 1);
    this.#clients.add(new Client(socket, this.#serving, (client) => this.#leave(client, address)));
  }

  #mayCrowd(address: string): boolean {
    return isLocal(address) || this.#serving.trusts(plainAddress(address));
  }

  #leave(client: Client, address: string): void {
    this.#clients.delete(client);
    const count = (this.#byAddress.get(address) ?? 1) - 1;
    if (count === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count);
    if (this.#clients.size === 0) this.#onEmpty?.();
  }

  tick(now: number): void {
    for (const client of this.#clients) client.tick(now);
  }

  /** Resolves when no connection is left; after `deadline` milliseconds what is left is cut. */
  async empty(deadline: number): Promise<void> {
    if (this.#clients.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      setTimeout(() => {
        for (const client of this.#clients) client.link.destroy();
      }, deadline).unref();
    });
  }
}

const isLocal = (address: string): boolean => /^(::ffff:)?127\.|^::1$/.test(address);

async function listen(door: Door, fd: number): Promise<net.Server> {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.on('connection', (socket) => door.enter(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd }, resolve);
  });
  server.on('error', ignore); // A connection that could not be accepted, as when descriptors run out: the next one may.
  return server;
}

function addressOf(server: net.Server): { host: string; port: number } {
  const address = server.address() as net.AddressInfo;
  return { host: address.address, port: address.port };
}

/** `close` follows, or nothing has to. */
function ignore(): void {
  return;
}
