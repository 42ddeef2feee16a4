import net from 'node:net';

/** Who acts on what comes over a link. */
export type LinkOwner = {
  /** Octets `[0, end)` came. They are there only until this returns. */
  bytes(bytes: Buffer, end: number): void;
  /** The peer sends nothing more. */
  ended(): void;
  /** What was written is out, after the link was congested. */
  drained(): void;
  /** The connection is gone. Called once, and last. */
  closed(): void;
};

type Address = { readonly host: string; readonly port: number };

const small = 16_384;
const bulk = 131_072;

/** Whatever is read in passing is used before the next read, so one buffer serves every connection that carries little. */
const shared = Buffer.allocUnsafeSlow(small);
const spare: Buffer[] = [];
const maxSpare = 32;

/**
 * A TCP connection without the stream machinery that costs most of a small message: octets are read into a buffer of
 * ours, and small messages are written as one string, which needs no buffer at all.
 */
export class Link {
  readonly socket: net.Socket;
  readonly #owner: LinkOwner;
  #bulk: Buffer | undefined;
  #wantsBulk = false;
  #closed = false;
  #paused = false;
  /** More was written than the peer takes at once: whoever feeds this link stops until `drained`. */
  congested = false;

  private constructor(owner: LinkOwner, open: (onread: net.OnReadOpts) => net.Socket) {
    this.#owner = owner;
    this.socket = open({
      buffer: () => this.#nextBuffer(),
      callback: (count, bytes) => {
        owner.bytes(bytes as Buffer, count);
        return true;
      },
    });
    this.socket.on('end', () => owner.ended());
    this.socket.on('drain', this.#flushed);
    this.socket.on('error', ignore);
    this.socket.on('close', () => this.#close());
  }

  /** `buffered`: how many octets may wait to be written before the link is congested. */
  static connect(owner: LinkOwner, { host, port }: Address, buffered: number): Link {
    const options = { host, port, allowHalfOpen: true, noDelay: true, writableHighWaterMark: buffered };
    return new Link(owner, (onread) => net.connect({ ...options, onread } as net.TcpNetConnectOpts));
  }

  /** Takes over a connection that was accepted with `pauseOnConnect`. One that is no plain TCP keeps its own reading. */
  static accepted(owner: LinkOwner, socket: net.Socket, buffered: number): Link {
    const holder = socket as unknown as { _handle: unknown };
    const handle = holder._handle;
    if (!handle || socket.constructor !== net.Socket) return Link.#streaming(owner, socket);
    holder._handle = null;
    const options = { handle, allowHalfOpen: true, writableHighWaterMark: buffered };
    return new Link(
      owner,
      (onread) => new net.Socket({ ...options, onread } as unknown as net.SocketConstructorOpts),
    );
  }

  static #streaming(owner: LinkOwner, socket: net.Socket): Link {
    socket.on('data', (bytes: Buffer) => owner.bytes(bytes, bytes.length));
    return new Link(owner, () => socket);
  }

  get closed(): boolean {
    return this.#closed || this.socket.destroyed;
  }

  /** Writes text of one octet a character. */
  write(text: string): void {
    // Behind what is not out yet it must tell when it is: `drain` comes only for a full buffer.
    if (this.congested) this.socket.write(text, 'latin1', this.#flushed);
    else if (!this.socket.write(text, 'latin1')) this.congested = true;
  }

  /** Writes octets without copying them if they are many. The reader that holds them must stop while this is congested. */
  writeOctets(bytes: Buffer, start: number, end: number): void {
    if (end - start <= small) {
      this.write(bytes.toString('latin1', start, end));
      return;
    }
    this.socket.write(bytes.subarray(start, end), this.#flushed);
    if (this.socket.writableLength > 0) this.congested = true;
  }

  /** Text and then octets in one system call. The text goes where octets were that are not needed any more, if it fits. */
  writeBoth(text: string, bytes: Buffer, { start, end }: { start: number; end: number }): void {
    if (text.length <= start) {
      bytes.write(text, start - text.length, 'latin1');
      this.writeOctets(bytes, start - text.length, end);
      return;
    }
    this.socket.cork();
    this.socket.write(text, 'latin1');
    this.writeOctets(bytes, start, end);
    this.socket.uncork();
    if (this.socket.writableLength > 0) this.congested = true;
  }

  /** Asks the peer's kernel now and then whether it is still there: what lasts has no deadline that would find out. */
  watchPeer(): void {
    this.socket.setKeepAlive(true, 60_000);
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  /**
   * True while much comes: it is then read into a buffer of its own. `lent`: that one may still be on its way out
   * elsewhere, and reading goes on before it is out, so a new one is taken when it is needed.
   */
  expectBulk(much: boolean, lent: boolean): void {
    this.#wantsBulk = much;
    if (lent) this.#bulk = undefined;
  }

  /** Octets that were written and are not out yet. */
  get unsent(): number {
    return this.socket.writableLength;
  }

  /** Sends what was written, and then the end; tells when all of it is out. */
  end(sent: () => void = ignore): void {
    this.socket.end(sent);
  }

  /** Closes when what was written is out, or after `ms`. */
  endSoon(ms: number): void {
    if (this.closed) return;
    this.socket.destroySoon();
    setTimeout(() => this.socket.destroy(), ms).unref();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Ends so that the peer cannot take what it has for complete. */
  reset(): void {
    if (this.socket.constructor === net.Socket && !this.socket.connecting) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  #nextBuffer(): Buffer {
    if (this.#wantsBulk) {
      this.#bulk ??= spare.pop() ?? Buffer.allocUnsafeSlow(bulk);
      return this.#bulk;
    }
    if (this.#bulk && spare.length < maxSpare) spare.push(this.#bulk);
    this.#bulk = undefined;
    return shared;
  }

  readonly #flushed = (): void => {
    if (!this.congested || this.socket.writableLength > 0) return;
    this.congested = false;
    this.#owner.drained();
  };

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#bulk = undefined;
    this.#owner.closed();
  }
}

/** `close` follows, and that is what we act on. */
function ignore(): void {
  return;
}
