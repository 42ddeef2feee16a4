import type net from 'node:net';
import { Client } from './client.ts';
import { Closing } from './drain.ts';
import type { Lasting } from './lasting.ts';
import type { Serving } from './serving.ts';

/** Where users come in: their connections, as soon as HTTP is spoken on them. */
export class Door {
  readonly #serving: Serving;
  readonly #clients = new Set<Client>();
  #closing: Closing | undefined;

  constructor(serving: Serving) {
    this.#serving = serving;
  }

  /** `left` is called when the connection is gone. */
  enter(socket: net.Socket, left: () => void): void {
    const closed = (client: Client): void => {
      this.#clients.delete(client);
      left();
    };
    this.#clients.add(new Client(socket, this.#serving, closed));
  }

  tick(now: number): void {
    for (const client of this.#clients) client.tick(now);
    this.#closing?.look(this.#lasting());
  }

  /** Ends what does not end by itself, one after another within so many milliseconds. */
  closeLasting(ms: number): void {
    this.#closing = new Closing({ stream: ms, websocket: ms });
    this.#closing.look(this.#lasting());
  }

  #lasting(): Lasting[] {
    return [...this.#clients].flatMap((client) => client.lasting ?? []);
  }

  /** Cuts off whoever is left. */
  close(): void {
    for (const client of this.#clients) client.link.destroy();
  }
}
