import type net from 'node:net';
import tls from 'node:tls';
import type { Certificates } from './certificates.ts';
import type { Limits } from './limits.ts';

/**
 * Where users come in by TLS: 1.2 or newer, with the certificate of the name that they ask for. HTTP/2 would be one more
 * protocol to offer here (RFC 7301).
 */
export class SecureDoor {
  readonly #server: tls.Server;
  readonly #limits: Limits;
  #shaking = 0;

  constructor(
    certificates: Certificates,
    { limits, enter }: { readonly limits: Limits; readonly enter: (socket: net.Socket) => void },
  ) {
    this.#limits = limits;
    this.#server = tls.createServer({
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      allowHalfOpen: true,
      handshakeTimeout: limits.head,
      SNICallback: (name, answer) => answer(null, certificates.contextFor(name)),
    });
    certificates.onFirst((pair) => this.#server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' }));
    this.#server.on('secureConnection', (socket) => {
      this.#shaking -= 1;
      enter(socket);
    });
    this.#server.on('tlsClientError', () => {
      this.#shaking -= 1;
    });
  }

  /** `others`: connections there are besides. */
  enter(socket: net.Socket, others: number): void {
    if (this.#shaking + others >= this.#limits.connections) {
      socket.on('error', ignore).destroy();
      return;
    }
    this.#shaking += 1;
    this.#server.emit('connection', socket);
  }
}

/** `close` follows, and nothing has to. */
function ignore(): void {
  return;
}
