import type net from 'node:net';
import tls from 'node:tls';
import type { Certificate } from '../system/certificate.ts';
import type { Certificates } from './certificates.ts';
import type { Limits } from './limits.ts';

const minVersion = 'TLSv1.2';

/**
 * Where users come in by TLS: 1.2 or newer, with the certificate of the name that they ask for. HTTP/2 would be one more
 * protocol to offer here (RFC 7301).
 */
export class SecureDoor {
  readonly #certificates: Certificates;
  readonly #limits: Limits;
  readonly #enter: (socket: net.Socket) => void;
  #server: tls.Server;
  /** What hands must be shaken within, for those who came last. */
  #patience: number;
  #first: Certificate['pair'] | undefined;

  constructor(
    certificates: Certificates,
    { limits, enter }: { readonly limits: Limits; readonly enter: (socket: net.Socket) => void },
  ) {
    this.#certificates = certificates;
    this.#limits = limits;
    this.#enter = enter;
    this.#patience = limits.head;
    this.#server = this.#makeServer();
    certificates.onFirst((pair) => {
      this.#first = pair;
      this.#server.setSecureContext({ ...pair, minVersion });
    });
  }

  /** `left` is called when the connection is gone, whether or not hands were shaken. */
  enter(socket: net.Socket, left: () => void): void {
    if (this.#patience !== this.#limits.head) {
      this.#patience = this.#limits.head;
      this.#server = this.#makeServer();
    }
    socket.once('close', left);
    socket.allowHalfOpen = false; // Whoever ends its half before hands are shaken has left.
    this.#server.emit('connection', socket);
  }

  #makeServer(): tls.Server {
    const server = tls.createServer({
      ...this.#first,
      ALPNProtocols: ['http/1.1'],
      minVersion,
      handshakeTimeout: this.#patience,
      SNICallback: (name, answer) => answer(null, this.#certificates.contextFor(name)),
    });
    server.on('secureConnection', (socket) => {
      socket.allowHalfOpen = true;
      this.#enter(socket);
    });
    return server.on('tlsClientError', (_error, socket) => socket.destroy());
  }
}
