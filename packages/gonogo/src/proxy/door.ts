import type net from 'node:net';
import { Client } from './client.ts';
import { closeInTurn } from './drain.ts';
import { plainAddress } from './forwarded.ts';
import type { Serving } from './serving.ts';

/** All connections of clients. */
export class Door {
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
    const lasting = [...this.#clients].flatMap((client) => client.lasting ?? []);
    closeInTurn(lasting, { stream: deadline, websocket: deadline });
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      setTimeout(() => {
        for (const client of this.#clients) client.link.destroy();
      }, deadline).unref();
    });
  }
}

const isLocal = (address: string): boolean => /^(::ffff:)?127\.|^::1$/.test(address);

/** `close` follows, or nothing has to. */
function ignore(): void {
  return;
}
